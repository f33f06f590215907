package dev.millrace.core.machine;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.AppendWithIds;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.deadletter.DeadLetters;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.group.GroupCoordinator;
import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.group.MemberRef;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.producer.ProducerTable;
import dev.millrace.core.producer.PublishedIds;
import dev.millrace.core.shard.ShardMachine;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The broker's state: hands each command to the domain package that it is for, and joins what crosses them. Thread:
 * shard, except where a part says otherwise.
 */
public final class BrokerStateMachine implements ShardMachine {
    /** In META: the newest time by which stored things were to expire, as far as it was written down. */
    private static final byte[] DUE_TIME_KEY = {'D'};

    private static final long NOTE_TIME_MS = 1_000;

    private final TopicCatalog catalog = new TopicCatalog();
    private final ProducerTable producers = new ProducerTable();
    private final PublishedIds ids = new PublishedIds();
    private final PartitionLogs logs;
    private final GroupCoordinator groups;
    private final TopicDirectory directory = new TopicDirectory();
    private final DeadLetters deadLetters;
    private final GroupCommands groupCommands;
    private final RecordAppender appender;
    private Consumer<List<MemberRef>> onAssignmentPending = members -> {};
    private boolean topicsChanged;
    private long notedDueMs = -1;
    /** How far expiry is behind the time that is written down. */
    private long holdBackMs;

    public BrokerStateMachine(PartitionLogs logs, GroupLimits groupLimits) {
        this.logs = logs;
        this.groups = new GroupCoordinator(groupLimits, new CatalogView(catalog));
        this.deadLetters = new DeadLetters(catalog, logs);
        this.groupCommands = new GroupCommands(groups, deadLetters);
        this.appender = new RecordAppender(catalog, logs, producers, ids);
    }

    /** Reads the durable state; called once before any command. Sessions go on from {@code steadyMs}. */
    public void load(Store store, long steadyMs) {
        catalog.load(store);
        producers.load(store);
        ids.load(store);
        logs.load();
        byte[] dueTime = store.get(Table.META, DUE_TIME_KEY);
        notedDueMs = dueTime == null ? -1 : ByteBuffer.wrap(dueTime).getLong();
        for (Topic topic : catalog.all()) {
            for (int partitionId : topic.partitionIds()) {
                logs.findOrCreate(partitionId);
            }
        }
        groups.load(store, steadyMs);
        deadLetters.load(store);
        directory.publish(catalog.all());
    }

    /** Called with the members that should heartbeat, once their new assignment is durable. Thread of calls: syncer. */
    public void onAssignmentPending(Consumer<List<MemberRef>> listener) {
        onAssignmentPending = listener;
    }

    @Override
    public void beginBatch(Stamp stamp) {
        holdBackMs = stamp.nowMs() - stamp.dueMs();
        groups.beginBatch(stamp);
    }

    @Override
    public Object apply(Command command, long nowMs, WriteSink sink) {
        if (command instanceof AppendRecords append) {
            return appender.append(append, nowMs, sink);
        } else if (command instanceof AppendWithIds append) {
            return appender.append(append, nowMs, sink);
        } else if (command instanceof AllocateProducer) {
            return producers.allocate(sink);
        } else if (command instanceof CreateTopic create) {
            return topicChanged(catalog.create(create, sink), sink);
        } else if (command instanceof AlterTopic alter) {
            return topicChanged(catalog.alter(alter, sink), sink);
        } else if (command instanceof DeleteTopic delete) {
            return topicDeleted(catalog.delete(delete.name(), sink), sink);
        } else if (command instanceof DeleteBefore delete) {
            return deleteBefore(delete, sink);
        } else if (command instanceof Maintain maintain) {
            return maintain(maintain, nowMs, sink);
        } else if (command instanceof DeleteGroup delete) {
            return groupDeleted(delete, nowMs, sink);
        }
        return groupCommands.apply(command, nowMs, sink);
    }

    /** The group's dead letters, and the topic by which they came back to it, go with it. */
    private Object groupDeleted(DeleteGroup delete, long nowMs, WriteSink sink) {
        Object answer = groups.applyDelete(delete, nowMs, sink).answer();
        if (!(answer instanceof Refusal)) {
            deadLetters.onGroupDeleted(delete.group(), sink);
            topicDeleted(catalog.delete(DeadLetterNames.retryTopic(delete.group()), sink), sink);
        }
        return answer;
    }

    private Object topicChanged(Object result, WriteSink sink) {
        if (result instanceof Topic topic) {
            for (int partitionId : topic.partitionIds()) {
                logs.findOrCreate(partitionId);
            }
            groups.onTopicsChanged(List.of(topic.name()), sink);
            topicsChanged = true;
        }
        return result;
    }

    private Object topicDeleted(Object result, WriteSink sink) {
        if (result instanceof Topic topic) {
            for (int partitionId : topic.partitionIds()) {
                logs.delete(logs.find(partitionId), sink);
                producers.dropPartition(partitionId, sink);
            }
            groups.onTopicDeleted(topic.name(), topic.partitionIds(), sink);
            deadLetters.onTopicDeleted(topic, sink);
            topicsChanged = true;
        }
        return result;
    }

    private Object deleteBefore(DeleteBefore delete, WriteSink sink) {
        Topic topic = catalog.find(delete.topicId());
        if (topic == null || !topic.hasPartition(delete.partition())) {
            return RecordAppender.noSuchPartition(topic, delete.topicId(), delete.partition());
        }
        PartitionLog log = logs.find(topic.partitionIds()[delete.partition()]);
        if (delete.offset() < 0 || delete.offset() > log.endOffset()) {
            return Refusal.of(
                    Fault.OFFSET_OUT_OF_RANGE,
                    "cannot delete before offset %d: the log ends at %d",
                    delete.offset(),
                    log.endOffset());
        }
        logs.moveStart(log, delete.offset(), sink);
        return log.startOffset();
    }

    /** Answers the generations that nothing needs any more. */
    private Object maintain(Maintain maintain, long nowMs, WriteSink sink) {
        long dueMs = nowMs - holdBackMs;
        Map<Integer, Long> idWindows = new HashMap<>();
        for (Topic topic : catalog.all()) {
            TopicSettings settings = topic.settings();
            long retentionMs = orDefault(settings.retentionMs(), maintain.retentionMs());
            long retentionBytes = orDefault(settings.retentionBytes(), maintain.retentionBytes());
            for (int partitionId : topic.partitionIds()) {
                logs.retain(logs.find(partitionId), retentionMs, retentionBytes, dueMs, sink);
                idWindows.put(partitionId, settings.idWindowMs());
            }
        }
        producers.expire(dueMs - maintain.producerRetentionMs(), sink);
        deadLetters.maintain(dueMs, this::committed, sink);
        ids.expire(dueMs, partitionId -> idWindows.getOrDefault(partitionId, -1L), sink);
        return logs.unneededGenerations();
    }

    private long committed(String group, int partitionId) {
        return groups.committed(group, partitionId).map(CommittedOffset::offset).orElse(-1L);
    }

    private static long orDefault(long setting, long otherwise) {
        return setting == TopicSettings.UNSET ? otherwise : setting;
    }

    @Override
    public Runnable endBatch(long nowMs, WriteSink sink) {
        producers.endBatch(sink);
        ids.endBatch();
        Runnable showRecords = logs.endBatch(nowMs, sink);
        noteTime(nowMs - holdBackMs, sink);
        List<MemberRef> nudges = groups.drainNudges();
        Runnable showTopics = topicsChanged ? directory.prepare(catalog.all()) : () -> {};
        topicsChanged = false;
        return () -> {
            showTopics.run();
            showRecords.run();
            if (!nudges.isEmpty()) {
                onAssignmentPending.accept(nudges);
            }
        };
    }

    /** Beside changes, about once a second; for {@link #lastDueMs}. */
    private void noteTime(long dueMs, WriteSink sink) {
        if (!sink.isEmpty() && dueMs - notedDueMs >= NOTE_TIME_MS) {
            notedDueMs = dueMs;
            sink.put(
                    Table.META,
                    DUE_TIME_KEY,
                    ByteBuffer.allocate(Long.BYTES).putLong(dueMs).array());
        }
    }

    /**
     * What the broker believed the time to be when it wrote last, to a second; -1 where it never did. Append times cannot
     * tell: they may be those of a clock that was wrong and not believed.
     */
    public long lastDueMs() {
        return notedDueMs;
    }

    @Override
    public int generation() {
        return logs.generation();
    }

    /** Topics as readers may see them: durable ones only. Thread: any. */
    public TopicDirectory directory() {
        return directory;
    }

    public GroupCoordinator groups() {
        return groups;
    }

    public DeadLetters deadLetters() {
        return deadLetters;
    }

    public PartitionLogs logs() {
        return logs;
    }

    public ProducerTable producers() {
        return producers;
    }
}
