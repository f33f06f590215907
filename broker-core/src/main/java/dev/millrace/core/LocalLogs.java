package dev.millrace.core;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.AppendWithIds;
import dev.millrace.core.command.Audited;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.TimeSearch;
import dev.millrace.core.machine.AppendResult;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.producer.PublishedIds;
import dev.millrace.core.record.BatchCheck;
import dev.millrace.core.record.BatchLimits;
import dev.millrace.core.record.BatchValidator;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.stream.EventCheck;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.DeadLetterNames;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Logs of a {@link LocalBroker}: validates on the caller's thread, proposes, and reads. */
final class LocalLogs implements LogOperations {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();
    private static final int BATCH_COUNT_MAX = 4096;
    /** What names a record in a topic that looks at ids. */
    private static final String ID_HEADER = "$id";

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final Readers readers;
    private final Gate gate;
    private final SchemaChecks schemas;
    private final Actor actor;

    /** How logs are read. */
    record Readers(LogReader reader, TimeSearch timeSearch, ExecutorService threads) {}

    /** What an append passes before it is proposed, and who is told. */
    record Gate(
            DiskGuard disk,
            BrokerOptions.Memory limits,
            TopicTraffic traffic,
            BrokerStats.Observer observer,
            TimeSource time) {}

    LocalLogs(ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup, Readers readers, Gate gate) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.readers = readers;
        this.gate = gate;
        this.schemas = new SchemaChecks(gate.limits.decompressedBytesMax());
        this.actor = Actor.BROKER;
    }

    private LocalLogs(LocalLogs same, Actor actor) {
        this.runtime = same.runtime;
        this.lookup = same.lookup;
        this.readers = same.readers;
        this.gate = same.gate;
        this.schemas = same.schemas;
        this.actor = actor;
    }

    LocalLogs as(Actor other) {
        return new LocalLogs(this, other);
    }

    void checkSchemasWith(SchemaCheck check) {
        schemas.use(check);
    }

    @Override
    public CompletableFuture<Appended> append(TopicPartition partition, ByteBuffer batches) {
        try {
            refuseInternal(lookup.topic(partition));
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return appendAnywhere(partition, batches);
    }

    /** Also to a topic of the broker's own. */
    CompletableFuture<Appended> appendAnywhere(TopicPartition partition, ByteBuffer batches) {
        return appendAnywhere(partition, batches, UnaryOperator.identity());
    }

    /** @param wrap gives the command to propose for the one that appends */
    CompletableFuture<Appended> appendAnywhere(
            TopicPartition partition, ByteBuffer batches, UnaryOperator<Command> wrap) {
        Admitted admitted;
        try {
            admitted = admit(lookup.topic(partition), partition, batches, gate.time.nanoTime());
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        return Answers.map(
                runtime.<AppendResult>submit(wrap.apply(admitted.command)),
                result -> admitted.appended(result, gate.time.nanoTime()));
    }

    @Override
    public CompletableFuture<List<Outcome>> appendAll(List<Append> appends) {
        Outcome[] outcomes = new Outcome[appends.size()];
        Admitted[] admitted = new Admitted[appends.size()];
        List<Command> commands = new ArrayList<>(appends.size());
        long startNanos = gate.time.nanoTime();
        for (int i = 0; i < outcomes.length; i++) {
            Append append = appends.get(i);
            try {
                admitted[i] = admitFromOutside(append.partition(), append.batches(), startNanos);
                commands.add(admitted[i].command);
            } catch (RuntimeException refused) {
                outcomes[i] = new Outcome(null, refused);
            }
        }
        if (commands.isEmpty()) {
            return CompletableFuture.completedFuture(Arrays.asList(outcomes));
        }
        return runtime.submitAll(commands).handle((answers, error) -> {
            int next = 0;
            long endNanos = gate.time.nanoTime();
            for (int i = 0; i < outcomes.length; i++) {
                if (outcomes[i] == null) {
                    outcomes[i] = error != null
                            ? new Outcome(null, error)
                            : admitted[i].outcome(answers.get(next++), endNanos);
                }
            }
            return Arrays.asList(outcomes);
        });
    }

    /** As the other, but not to a topic of the broker's own. */
    private Admitted admitFromOutside(TopicPartition partition, ByteBuffer batches, long startNanos) {
        Topic topic = lookup.topic(partition);
        refuseInternal(topic);
        return admit(topic, partition, batches, startNanos);
    }

    /** Fails: FaultException where the append is refused before it is proposed. */
    private Admitted admit(Topic topic, TopicPartition partition, ByteBuffer batches, long startNanos) {
        if (batches.isReadOnly()) {
            throw new IllegalArgumentException("the broker writes offsets into the batches, so they must be writable");
        }
        gate.disk.admit(batches.remaining());
        PartitionLookup.partitionId(topic, partition);
        BatchCheck check = validate(topic, batches);
        Command command = topic.settings().indexed()
                ? new AppendRecords(partition.topicId(), partition.partition(), asEvents(topic, partition, batches))
                : command(topic, new AppendRecords(partition.topicId(), partition.partition(), batches));
        return new Admitted(topic, check.recordCount(), batches.remaining(), startNanos, command);
    }

    /** An append that may be proposed. */
    private final class Admitted {
        private final Topic topic;
        private final long recordCount;
        private final int bytes;
        private final long startNanos;
        private final Command command;

        Admitted(Topic topic, long recordCount, int bytes, long startNanos, Command command) {
            this.topic = topic;
            this.recordCount = recordCount;
            this.bytes = bytes;
            this.startNanos = startNanos;
            this.command = command;
        }

        Appended appended(AppendResult result, long nowNanos) {
            if (!result.duplicate()) {
                count(topic.name(), recordCount, bytes);
            }
            gate.observer.onPublish(nowNanos - startNanos);
            return new Appended(result.baseOffset(), result.appendTimeMs(), result.duplicate());
        }

        Outcome outcome(Object answer, long nowNanos) {
            return answer instanceof Refusal refusal
                    ? new Outcome(null, refusal.toException())
                    : new Outcome(appended((AppendResult) answer, nowNanos), null);
        }
    }

    /** With the records' ids, where the topic looks at them and there are any. */
    private Command command(Topic topic, AppendRecords append) {
        if (topic.settings().publishIdWindowMs() <= 0) {
            return append;
        }
        List<String> ids = idsIn(append.batches());
        return ids.stream().allMatch(String::isEmpty) ? append : new AppendWithIds(append, ids);
    }

    /** Of each record in order, empty where it has none. */
    private List<String> idsIn(ByteBuffer batches) {
        List<String> ids = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(gate.limits.decompressedBytesMax());
            while (cursor.next()) {
                ids.add(idIn(cursor.headers()));
            }
        }
        return ids;
    }

    /** Only a publish of its own looks at ids: together with other changes, or later, it would be too late to answer. */
    private void refuseIds(Topic topic, ByteBuffer batches) {
        if (!topic.settings().indexed()
                && topic.settings().publishIdWindowMs() > 0
                && !idsIn(batches).stream().allMatch(String::isEmpty)) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "topic \"" + topic.name() + "\" has " + TopicSettings.ID_WINDOW + ": a record with a header "
                            + ID_HEADER + " is published to it by itself, neither in a transaction nor for later");
        }
    }

    private static String idIn(List<RecordHeader> headers) {
        for (RecordHeader header : headers) {
            if (header.key().equals(ID_HEADER) && header.value() != null) {
                if (header.value().length > PublishedIds.ID_BYTES_MAX) {
                    throw new FaultException(
                            Fault.INVALID_REQUEST,
                            "header " + ID_HEADER + " has " + header.value().length + " bytes; an id has at most "
                                    + PublishedIds.ID_BYTES_MAX);
                }
                // One character for each byte: ids that are no text must stay apart, too.
                return new String(header.value(), StandardCharsets.ISO_8859_1);
            }
        }
        return "";
    }

    private static void refuseInternal(Topic topic) {
        if (DeadLetterNames.isInternal(topic.name())) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "topic \"" + topic.name()
                            + "\" is one of the broker's own: nobody else publishes to it or deletes from it");
        }
    }

    /**
     * Batches that may be appended to this topic.
     *
     * @param batches with a place for each version where the topic keeps streams
     */
    record Accepted(Topic topic, long recordCount, ByteBuffer batches) {}

    /** Checks batches that another command will append. Fails: throws {@link FaultException}. */
    Accepted accept(TopicPartition partition, ByteBuffer batches) {
        lookup.partitionId(partition);
        Topic topic = lookup.topic(partition);
        refuseInternal(topic);
        long recordCount = validate(topic, batches).recordCount();
        refuseIds(topic, batches);
        return new Accepted(
                topic, recordCount, topic.settings().indexed() ? asEvents(topic, partition, batches) : batches);
    }

    /** One batch that was checked. */
    Accepted accepted(TopicPartition partition, ByteBuffer batch) {
        return new Accepted(
                lookup.topic(partition), RecordBatch.at(batch, batch.position()).recordCount(), batch);
    }

    /** Checks batches for a topic that need not be there. Fails: throws {@link FaultException}. */
    void acceptAnywhere(TopicPartition partition, ByteBuffer batches) {
        Topic topic = lookup.directory().find(partition.topicId());
        validate(topic, batches);
        if (topic == null) {
            return;
        }
        refuseInternal(topic);
        refuseIds(topic, batches);
        if (topic.settings().indexed()) {
            asEvents(topic, partition, batches);
        }
    }

    /** Lets so many bytes pass. Fails: throws {@link FaultException} DISK_FULL. */
    void admit(int bytes) {
        gate.disk.admit(bytes);
    }

    void count(Accepted published) {
        count(published.topic.name(), published.recordCount, published.batches.remaining());
    }

    /** Batches for a topic that keeps streams, checked and with a place for each version. Fails: FaultException. */
    ByteBuffer admit(Topic topic, TopicPartition partition, ByteBuffer batches) {
        gate.disk.admit(batches.remaining());
        validate(topic, batches);
        return asEvents(topic, partition, batches);
    }

    private ByteBuffer asEvents(Topic topic, TopicPartition partition, ByteBuffer batches) {
        Object prepared = EventCheck.prepare(
                batches,
                partition.partition(),
                topic.partitionCount(),
                new EventCheck.Sizes(gate.limits.batchBytesMax(), gate.limits.decompressedBytesMax()));
        if (prepared instanceof Refusal refusal) {
            throw new FaultException(refusal.fault(), "append to \"" + topic.name() + "\": " + refusal.detail());
        }
        ByteBuffer events = (ByteBuffer) prepared;
        gate.disk.admit(events.remaining());
        return events;
    }

    void countIn(TopicPartition partition, long records, long bytes) {
        count(lookup.topic(partition).name(), records, bytes);
    }

    void count(String topic, long records, long bytes) {
        TopicTraffic.Counters counters = gate.traffic.of(topic);
        counters.recordsIn.add(records);
        counters.bytesIn.add(bytes);
    }

    private BatchCheck validate(Topic topic, ByteBuffer batches) {
        long topicMax = topic == null ? TopicSettings.UNSET : topic.settings().messageBytesMax();
        int messageBytesMax = topicMax == TopicSettings.UNSET
                ? gate.limits.messageBytesMax()
                : (int) Math.min(topicMax, gate.limits.messageBytesMax());
        int batchBytesMax = gate.limits.batchBytesMax();
        BatchLimits limits =
                new BatchLimits(BATCH_COUNT_MAX, batchBytesMax, messageBytesMax, gate.limits.decompressedBytesMax());
        BatchCheck check = BatchValidator.deepCheck(batches, limits);
        Fault fault = switch (check.verdict()) {
            case OK -> null;
            case CORRUPT -> Fault.CORRUPT_BATCH;
            case TOO_LARGE -> Fault.MESSAGE_TOO_LARGE;
            case REFUSED -> Fault.INVALID_REQUEST;
            case UNSUPPORTED_COMPRESSION -> Fault.UNSUPPORTED_COMPRESSION;
        };
        if (fault != null) {
            String to = topic == null ? "" : "publish to \"" + topic.name() + "\": ";
            throw new FaultException(fault, to + check.problem());
        }
        correctMaxTimestamps(batches, check, limits);
        if (topic != null && topic.settings().checksSchemas()) {
            schemas.pass(topic, batches);
        }
        return check;
    }

    /** Some clients state a wrong largest timestamp, which the search by time relies on. */
    private static void correctMaxTimestamps(ByteBuffer batches, BatchCheck check, BatchLimits limits) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            long maxTimestampMs = check.batchCount() == 1
                    ? check.maxTimestampMs()
                    : BatchValidator.deepCheck(batch.bytes(), limits).maxTimestampMs();
            if (batch.maxTimestampMs() != maxTimestampMs) {
                batch.correctMaxTimestamp(maxTimestampMs);
            }
        }
    }

    @Override
    public CompletableFuture<ProducerIdentity> initProducer() {
        return Answers.map(runtime.<Long>submit(new AllocateProducer()), id -> new ProducerIdentity(id, (short) 0));
    }

    @Override
    public CompletableFuture<LogSlice> read(TopicPartition partition, long offset, int bytesMax) {
        try {
            PartitionLog log = lookup.log(partition);
            Source source = new Source(lookup.topic(partition).name(), partition.partition(), log);
            LogRead cached = readers.reader.readCached(log, offset, bytesMax);
            if (!(cached instanceof LogRead.NotCached)) {
                return CompletableFuture.completedFuture(slice(source, cached, offset));
            }
            return onReader(() -> slice(source, readers.reader.readStored(log, offset, bytesMax), offset));
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    /** What a read reads from, with its names for a person. */
    private record Source(String topic, int partition, PartitionLog log) {}

    private LogSlice slice(Source source, LogRead read, long offset) {
        if (read instanceof LogRead.Batches found) {
            gate.traffic.of(source.topic).bytesRead.add(found.batches().remaining());
            return new LogSlice(found.batches(), found.nextOffset(), source.log.durableEndOffset(), found.releaser());
        }
        if (read instanceof LogRead.Refused refused) {
            throw named(source, refused.refusal()).toException();
        }
        return new LogSlice(NOTHING, offset, source.log.durableEndOffset(), () -> {});
    }

    /** Damage must be found again by a person: the log alone knows neither topic nor partition. */
    private static Refusal named(Source source, Refusal refusal) {
        return refusal.fault() != Fault.DATA_DAMAGED
                ? refusal
                : new Refusal(
                        Fault.DATA_DAMAGED,
                        "topic \"" + source.topic + "\" partition " + source.partition + ": " + refusal.detail());
    }

    private <T> CompletableFuture<T> onReader(Supplier<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            readers.threads.execute(() -> {
                try {
                    // What waits when the broker stops must not hold it up.
                    if (readers.threads.isShutdown()) {
                        throw new FaultException(Fault.SHUTTING_DOWN, "the broker is stopping");
                    }
                    answer.complete(work.get());
                } catch (RuntimeException failed) {
                    answer.completeExceptionally(Answers.faultOfRead(failed));
                }
            });
        } catch (FaultException refused) {
            answer.completeExceptionally(refused);
        }
        return answer;
    }

    @Override
    public Runnable onAppend(TopicPartition partition, long offset, Runnable wakeUp) {
        PartitionLog log;
        try {
            log = lookup.log(partition);
        } catch (FaultException gone) {
            wakeUp.run();
            return () -> {};
        }
        return log.onAppend(offset, wakeUp);
    }

    @Override
    public Bounds bounds(TopicPartition partition) {
        PartitionLog log = lookup.log(partition);
        return new Bounds(log.logStartOffset(), log.durableEndOffset(), log.bytes());
    }

    @Override
    public CompletableFuture<FoundOffset> findByTime(TopicPartition partition, long timeMs) {
        try {
            PartitionLog log = lookup.log(partition);
            return onReader(() -> readers.timeSearch
                    .find(log, timeMs)
                    .map(found -> new FoundOffset(found.offset(), found.timestampMs()))
                    .orElseGet(() -> new FoundOffset(log.durableEndOffset(), -1)));
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletableFuture<Void> deleteBefore(TopicPartition partition, long offset) {
        try {
            // The audit log would lose its past without a trace, the registry its schemas.
            refuseInternal(lookup.topic(partition));
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        DeleteBefore delete = new DeleteBefore(partition.topicId(), partition.partition(), offset);
        return Answers.map(runtime.submit(new Audited(actor, delete)), start -> null);
    }
}
