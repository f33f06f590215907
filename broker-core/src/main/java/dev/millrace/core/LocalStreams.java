package dev.millrace.core;

import dev.millrace.core.command.AppendCondition;
import dev.millrace.core.command.AppendEvents;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.command.LimitStream;
import dev.millrace.core.command.PutSnapshot;
import dev.millrace.core.command.StreamCheck;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.EventCheck;
import dev.millrace.core.stream.EventMatch;
import dev.millrace.core.stream.StreamHead;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.wire.EventQuery;
import dev.millrace.core.wire.ExpectedVersion;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Event streams of a {@link LocalBroker}: checks on the caller's thread, proposes; {@link StreamReads} reads. */
final class LocalStreams implements StreamOperations {
    private static final int CHECKS_MAX = 1000;
    private static final int TEXT_BYTES_MAX = 256;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final LocalLogs logs;
    private final StreamReads reads;
    private final StreamPurge purge;
    private final BrokerOptions.Memory limits;

    /** How streams are read, and how the disk is cleaned of what was erased. */
    record Behind(StreamReads reads, StreamPurge purge) {}

    LocalStreams(
            ShardRuntime<BrokerStateMachine> runtime,
            PartitionLookup lookup,
            LocalLogs logs,
            Behind behind,
            BrokerOptions.Memory limits) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.logs = logs;
        this.reads = behind.reads;
        this.purge = behind.purge;
        this.limits = limits;
    }

    // ---- appending

    @Override
    public CompletableFuture<Outcome> append(
            TopicPartition partition, ByteBuffer events, List<Check> checks, Condition condition) {
        ByteBuffer prepared;
        try {
            Topic topic = indexed(partition);
            check(topic, partition, checks);
            check(condition);
            prepared = prepare(topic, partition, events);
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
        AppendEvents command = new AppendEvents(
                partition.topicId(),
                partition.partition(),
                prepared,
                checks.stream()
                        .map(check -> new StreamCheck(check.key(), check.expected()))
                        .toList(),
                condition == null
                        ? null
                        : new AppendCondition(
                                condition.failIfMatch(), condition.afterOffset(), condition.failIfExists()));
        return Answers.map(runtime.<AppendOutcome>submit(command), outcome -> {
            Outcome answer = toPublic(outcome);
            if (answer instanceof Appended appended && !appended.duplicate()) {
                logs.countIn(partition, appended.versions().length, prepared.remaining());
            }
            return answer;
        });
    }

    private ByteBuffer prepare(Topic topic, TopicPartition partition, ByteBuffer events) {
        if (!events.hasRemaining()) {
            return ByteBuffer.allocate(0);
        }
        if (events.remaining() > APPEND_BYTES_MAX) {
            throw new FaultException(
                    Fault.BATCH_TOO_LARGE,
                    "an append of " + events.remaining() + " bytes; at most " + APPEND_BYTES_MAX + " are allowed");
        }
        ByteBuffer prepared = logs.admit(topic, partition, events);
        RecordBatch batch = RecordBatch.at(prepared, prepared.position());
        if (batch.sizeBytes() != prepared.remaining() || batch.idempotent()) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "an append to streams is one batch without a producer id: events have ids of their own");
        }
        if (batch.recordCount() > EVENTS_MAX) {
            throw new FaultException(
                    Fault.BATCH_TOO_LARGE,
                    "an append of " + batch.recordCount() + " events; at most " + EVENTS_MAX + " are allowed");
        }
        return prepared;
    }

    private static void check(Topic topic, TopicPartition partition, List<Check> checks) {
        if (checks.size() > CHECKS_MAX) {
            throw new FaultException(
                    Fault.BATCH_TOO_LARGE, checks.size() + " checks; at most " + CHECKS_MAX + " are allowed");
        }
        for (Check check : checks) {
            requireKey(topic, partition, check.key());
            requireExpected(check.expected());
        }
    }

    private static void requireExpected(long expected) {
        if (!ExpectedVersion.isValid(expected)) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "expected version " + expected + "; allowed are versions from 0 on, -1 none, -2 any, -4 exists");
        }
    }

    private static void check(Condition condition) {
        if (condition == null) {
            return;
        }
        if (condition.afterOffset() < -1) {
            throw new FaultException(
                    Fault.INVALID_REQUEST, "a condition after offset " + condition.afterOffset() + "; -1 is the least");
        }
        requireQuery(condition.failIfMatch());
        requireQuery(condition.failIfExists());
    }

    private static void requireQuery(EventQuery query) {
        String problem = query == null ? null : query.problem();
        if (problem != null) {
            throw new FaultException(Fault.INVALID_REQUEST, "the query has " + problem);
        }
    }

    private static Outcome toPublic(AppendOutcome outcome) {
        if (outcome instanceof AppendOutcome.Written written) {
            return new Appended(
                    written.versions(),
                    written.firstOffset(),
                    written.lastOffset(),
                    written.appendTimeMs(),
                    written.duplicate());
        } else if (outcome instanceof AppendOutcome.Conflict conflict) {
            return new Conflict(conflict.failed().stream()
                    .map(failed ->
                            new FailedCheck(failed.key(), failed.expected(), failed.actualVersion(), failed.deleted()))
                    .toList());
        }
        AppendOutcome.ConditionFailed failed = (AppendOutcome.ConditionFailed) outcome;
        return new ConditionFailed(failed.exists(), failed.item(), failed.offsets());
    }

    /** Fails: FaultException TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, INDEX_DISABLED. */
    private Topic indexed(TopicPartition partition) {
        lookup.partitionId(partition);
        return StreamReads.requireIndexed(lookup.topic(partition));
    }

    private static void requireKey(Topic topic, TopicPartition partition, byte[] key) {
        Refusal problem = EventCheck.keyProblem(key, partition.partition(), topic.partitionCount());
        if (problem != null) {
            throw problem.toException();
        }
    }

    // ---- reading

    @Override
    public CompletableFuture<Events> read(TopicPartition partition, byte[] key, Span span) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            return reads.read(partition, key, span);
        });
    }

    @Override
    public CompletableFuture<State> load(TopicPartition partition, byte[] key, String schema, Span span) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            return reads.load(partition, key, schema, span);
        });
    }

    @Override
    public CompletableFuture<LatestPage> latest(
            TopicPartition partition, byte[] prefix, AsOf asOf, Cursor cursor, int countMax) {
        return refusing(() -> {
            indexed(partition);
            return reads.latest(partition, prefix, asOf, cursor, countMax);
        });
    }

    @Override
    public CompletableFuture<StreamsPage> list(TopicPartition partition, byte[] prefix, Cursor cursor, int countMax) {
        return refusing(() -> {
            indexed(partition);
            return reads.list(partition, prefix, cursor, countMax);
        });
    }

    @Override
    public CompletableFuture<StreamInfo> describe(TopicPartition partition, byte[] key) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            return reads.describe(partition, key);
        });
    }

    @Override
    public CompletableFuture<MatchPage> find(
            TopicPartition partition, EventQuery query, long fromOffset, int countMax) {
        return refusing(() -> {
            indexed(partition);
            requireQuery(query);
            return reads.find(partition, query, fromOffset, countMax);
        });
    }

    @Override
    public EventFilter filter(UUID topicId, Filter filter) {
        requireQuery(filter.query());
        EventMatch match = new EventMatch(filter.key(), filter.keyPrefix(), filter.query());
        return batches -> EventBatches.filter(batches, limits.decompressedBytesMax(), match);
    }

    // ---- other changes

    @Override
    public CompletableFuture<Void> putSnapshot(
            TopicPartition partition, byte[] key, long version, String schema, byte[] state) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            if (state.length > limits.messageBytesMax()) {
                throw new FaultException(
                        Fault.MESSAGE_TOO_LARGE,
                        "a snapshot of " + state.length + " bytes; at most " + limits.messageBytesMax()
                                + " are allowed");
            }
            if (schema.length() > TEXT_BYTES_MAX) {
                throw new FaultException(
                        Fault.INVALID_REQUEST,
                        "a schema name of " + schema.length() + " characters; at most " + TEXT_BYTES_MAX
                                + " are allowed");
            }
            logs.requireSpace(state.length);
            return Answers.map(
                    runtime.submit(
                            new PutSnapshot(partition.topicId(), partition.partition(), key, version, schema, state)),
                    done -> null);
        });
    }

    @Override
    public CompletableFuture<StreamInfo> limit(
            TopicPartition partition, byte[] key, long before, long countMax, long ageMsMax) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            return Answers.map(
                    runtime.<StreamHead>submit(new LimitStream(
                            partition.topicId(), partition.partition(), key, before, countMax, ageMsMax)),
                    head -> StreamReads.info(key, head));
        });
    }

    @Override
    public CompletableFuture<StreamInfo> delete(TopicPartition partition, byte[] key, long expected, boolean forGood) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            requireExpected(expected);
            return Answers.map(
                    runtime.<StreamHead>submit(
                            new DeleteStream(partition.topicId(), partition.partition(), key, expected, forGood)),
                    head -> StreamReads.info(key, head));
        });
    }

    @Override
    public CompletableFuture<StreamInfo> erase(TopicPartition partition, byte[] key, long fromVersion, long toVersion) {
        return refusing(() -> {
            requireKey(indexed(partition), partition, key);
            return purge.erase(partition, key, fromVersion, toVersion);
        });
    }

    private static <T> CompletableFuture<T> refusing(java.util.function.Supplier<CompletableFuture<T>> work) {
        try {
            return work.get();
        } catch (FaultException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }
}
