package dev.millrace.core.machine;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.AppendWithIds;
import dev.millrace.core.command.Audited;
import dev.millrace.core.command.CancelTimer;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CommitTransaction;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteGroup;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.FireTimers;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.command.ScheduleTimers;
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
import dev.millrace.core.stream.IdLimits;
import dev.millrace.core.stream.Streams;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.core.trace.CorrelationIndex;
import dev.millrace.core.transaction.TransactionTable;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The broker's state: hands each command to the domain package that it is for, and joins what crosses them. Thread:
 * shard, except where a part says otherwise.
 */
public final class BrokerStateMachine implements ShardMachine {
    /** In META: the newest time by which stored things were to expire, as far as it was written down. */
    private static final byte[] DUE_TIME_KEY = {'D'};

    private static final long NOTE_TIME_MS = 1_000;
    /** One turn fires so many timers, so that requests have their turn between. */
    private static final int FIRED_COUNT_MAX = 2_000;

    private static final int FIRED_BYTES_MAX = 4 << 20;

    private final TopicCatalog catalog = new TopicCatalog();
    private final ProducerTable producers = new ProducerTable();
    private final PublishedIds ids = new PublishedIds();
    private final PartitionLogs logs;
    private final GroupCoordinator groups;
    private final TopicDirectory directory = new TopicDirectory();
    private final DeadLetters deadLetters;
    private final GroupCommands groupCommands;
    private final RecordAppender appender;
    private final Streams streams;
    private final CorrelationIndex correlations;
    private final StreamCommands streamCommands;
    private final TransactionTable transactions = new TransactionTable();
    private final TimerTable timers = new TimerTable();
    private final TransactionApplier transactionApplier;
    private final TimerFirer firer;
    private final AuditLog audit;
    private BooleanSupplier mayFire = () -> true;
    private Consumer<List<FiredTimer>> onTimersFired = fired -> {};
    private List<FiredTimer> fired = List.of();
    private Consumer<List<MemberRef>> onAssignmentPending = members -> {};
    private boolean topicsChanged;
    private long notedDueMs = -1;
    private Stamp stamp = Stamp.of(0);

    public BrokerStateMachine(Store store, PartitionLogs logs, GroupLimits groupLimits) {
        this(store, logs, groupLimits, IdLimits.DEFAULT);
    }

    public BrokerStateMachine(Store store, PartitionLogs logs, GroupLimits groupLimits, IdLimits idLimits) {
        this.logs = logs;
        this.groups = new GroupCoordinator(groupLimits, new CatalogView(catalog));
        this.deadLetters = new DeadLetters(catalog, logs);
        this.groupCommands = new GroupCommands(groups, deadLetters);
        this.streams = new Streams(store, logs, idLimits);
        this.streamCommands = new StreamCommands(catalog, logs, streams);
        this.appender = new RecordAppender(catalog, logs, producers, ids, streams, streamCommands);
        this.transactionApplier = new TransactionApplier(
                catalog,
                logs,
                groupCommands,
                producers,
                transactions,
                timers,
                new TransactionStreams(catalog, streams, streamCommands));
        this.correlations = new CorrelationIndex(store);
        logs.onAppend(correlations::appended);
        this.firer = new TimerFirer(catalog, logs, timers, streams, streamCommands);
        this.audit = new AuditLog(catalog, logs, new AuditView(catalog, logs, groups));
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
                if (topic.settings().indexesCorrelation()) {
                    correlations.begin(partitionId);
                }
            }
        }
        groups.load(store, steadyMs);
        transactions.load(store);
        timers.load(store);
        deadLetters.load(store);
        streams.load();
        directory.publish(catalog.all());
    }

    /** Called with the members that should heartbeat, once their new assignment is durable. Thread of calls: syncer. */
    public void onAssignmentPending(Consumer<List<MemberRef>> listener) {
        onAssignmentPending = listener;
    }

    /** Called with the timers that were fired, once that is durable. Thread of calls: syncer. */
    public void onTimersFired(Consumer<List<FiredTimer>> listener) {
        onTimersFired = listener;
    }

    /** Timers wait while this says no: the disk has no room for their records. Thread of calls: shard. */
    public void fireTimersOnlyWhile(BooleanSupplier allowed) {
        mayFire = allowed;
    }

    @Override
    public Command dueCommand(Stamp now) {
        return timers.nextDueMs() <= now.dueMs() && mayFire.getAsBoolean()
                ? new FireTimers(FIRED_COUNT_MAX, FIRED_BYTES_MAX)
                : null;
    }

    @Override
    public long nextDueMs() {
        return timers.nextDueMs();
    }

    @Override
    public void beginBatch(Stamp stamp) {
        this.stamp = stamp;
        groups.beginBatch(stamp);
        transactions.beginBatch();
        timers.beginBatch();
        fired = List.of();
        streams.beginBatch(stamp.dueMs());
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
            return maintain(maintain, sink);
        } else if (command instanceof DeleteGroup delete) {
            return groupDeleted(delete, nowMs, sink);
        } else if (command instanceof Audited audited) {
            return audit.apply(audited, () -> apply(audited.change(), nowMs, sink), nowMs, sink);
        }
        return applyTogether(command, nowMs, sink);
    }

    /** Transactions and timers. */
    private Object applyTogether(Command command, long nowMs, WriteSink sink) {
        if (command instanceof CommitTransaction commit) {
            return transactionApplier.commit(commit, stamp, sink);
        } else if (command instanceof InitTransactions init) {
            return transactionApplier.init(init, nowMs, sink);
        } else if (command instanceof ScheduleTimers schedule) {
            return transactionApplier.schedule(schedule, stamp, sink);
        } else if (command instanceof CancelTimer cancel) {
            return transactionApplier.cancel(cancel, sink);
        } else if (command instanceof FireTimers fire) {
            fired = firer.fire(fire, stamp, sink);
            return fired.size();
        }
        Object answer = streamCommands.apply(command, nowMs, sink);
        if (answer != null) {
            return answer;
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
                if (topic.settings().indexesCorrelation()) {
                    correlations.begin(partitionId);
                } else {
                    correlations.end(partitionId, sink);
                }
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
                correlations.end(partitionId, sink);
                if (topic.settings().indexed()) {
                    streams.dropPartition(partitionId, sink);
                }
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
    private Object maintain(Maintain maintain, WriteSink sink) {
        long dueMs = stamp.dueMs();
        Map<Integer, Long> idWindows = new HashMap<>();
        long longestIdWindowMs = 0;
        for (Topic topic : catalog.all()) {
            TopicSettings settings = topic.settings();
            long retentionMs = orDefault(settings.retentionMs(), maintain.retentionMs());
            long retentionBytes = orDefault(settings.retentionBytes(), maintain.retentionBytes());
            if (settings.indexed()) {
                // History goes only where its topic says so itself.
                retentionMs = orDefault(settings.retentionMs(), -1);
                retentionBytes = orDefault(settings.retentionBytes(), -1);
                longestIdWindowMs = Math.max(longestIdWindowMs, settings.idWindowMs());
            }
            for (int partitionId : topic.partitionIds()) {
                PartitionLog log = logs.find(partitionId);
                logs.retain(log, retentionMs, retentionBytes, dueMs, sink);
                correlations.dropBefore(partitionId, log.startOffset(), sink);
                idWindows.put(partitionId, settings.publishIdWindowMs());
            }
        }
        producers.expire(dueMs - maintain.producerRetentionMs(), sink);
        transactions.expire(dueMs - maintain.producerRetentionMs(), sink);
        deadLetters.maintain(dueMs, this::committed, sink);
        streams.expireIds(longestIdWindowMs, sink);
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
        timers.endBatch(sink);
        ids.endBatch();
        producers.endBatch(sink);
        Runnable showRecords = logs.endBatch(nowMs, sink);
        Runnable showStreams = streams.endBatch(sink);
        noteTime(stamp.dueMs(), sink);
        List<MemberRef> nudges = groups.drainNudges();
        Runnable showTopics = topicsChanged ? directory.prepare(catalog.all()) : () -> {};
        topicsChanged = false;
        List<FiredTimer> told = fired;
        return () -> {
            showTopics.run();
            showRecords.run();
            showStreams.run();
            if (!nudges.isEmpty()) {
                onAssignmentPending.accept(nudges);
            }
            if (!told.isEmpty()) {
                onTimersFired.accept(told);
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

    /** Its reads, for any thread. */
    public CorrelationIndex correlations() {
        return correlations;
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

    public Streams streams() {
        return streams;
    }

    public TransactionTable transactions() {
        return transactions;
    }

    public TimerTable timers() {
        return timers;
    }

    public ProducerTable producers() {
        return producers;
    }
}
