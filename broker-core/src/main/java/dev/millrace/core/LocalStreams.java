package dev.millrace.core;

import dev.millrace.core.command.AppendCondition;
import dev.millrace.core.command.AppendEvents;
import dev.millrace.core.command.Audited;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.command.LimitStream;
import dev.millrace.core.command.PutSnapshot;
import dev.millrace.core.command.StreamCheck;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.EventMatch;
import dev.millrace.core.stream.StreamHead;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.EventQuery;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Event streams of a {@link LocalBroker}: checks on the caller's thread, proposes; {@link StreamReads} reads. */
final class LocalStreams implements StreamOperations {
    private static final int TEXT_BYTES_MAX = 256;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final StreamRules rules;
    private final LocalLogs logs;
    private final StreamReads reads;
    private final StreamPurge purge;
    private final BrokerOptions.Memory limits;
    private final Actor actor;

    /** How streams are read, and how the disk is cleaned of what was erased. */
    record Behind(StreamReads reads, StreamPurge purge) {}

    LocalStreams(
            ShardRuntime<BrokerStateMachine> runtime,
            StreamRules rules,
            LocalLogs logs,
            Behind behind,
            BrokerOptions.Memory limits) {
        this.runtime = runtime;
        this.rules = rules;
        this.logs = logs;
        this.reads = behind.reads;
        this.purge = behind.purge;
        this.limits = limits;
        this.actor = Actor.BROKER;
    }

    private LocalStreams(LocalStreams same, Actor actor) {
        this.runtime = same.runtime;
        this.rules = same.rules;
        this.logs = same.logs;
        this.reads = same.reads;
        this.purge = same.purge;
        this.limits = same.limits;
        this.actor = actor;
    }

    LocalStreams as(Actor other) {
        return new LocalStreams(this, other);
    }

    // ---- appending

    @Override
    public CompletableFuture<Outcome> append(
            TopicPartition partition, ByteBuffer events, List<Check> checks, Condition condition) {
        ByteBuffer prepared;
        try {
            check(condition);
            prepared = rules.accept(partition, events, checks);
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

    private static void check(Condition condition) {
        if (condition == null) {
            return;
        }
        if (condition.afterOffset() < -1) {
            throw new FaultException(
                    Fault.INVALID_REQUEST, "a condition after offset " + condition.afterOffset() + "; -1 is the least");
        }
        StreamRules.requireQuery(condition.failIfMatch());
        StreamRules.requireQuery(condition.failIfExists());
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

    // ---- reading

    @Override
    public CompletableFuture<Events> read(TopicPartition partition, byte[] key, Span span) {
        return refusing(() -> {
            rules.requireKey(partition, key);
            return reads.read(partition, key, span);
        });
    }

    @Override
    public CompletableFuture<State> load(TopicPartition partition, byte[] key, String schema, Span span) {
        return refusing(() -> {
            rules.requireKey(partition, key);
            return reads.load(partition, key, schema, span);
        });
    }

    @Override
    public CompletableFuture<LatestPage> latest(
            TopicPartition partition, byte[] prefix, AsOf asOf, Cursor cursor, int countMax) {
        return refusing(() -> {
            rules.indexed(partition);
            StreamRules.requirePrefix(prefix);
            return reads.latest(partition, prefix, asOf, cursor, countMax);
        });
    }

    @Override
    public CompletableFuture<StreamsPage> list(TopicPartition partition, byte[] prefix, Cursor cursor, int countMax) {
        return refusing(() -> {
            rules.indexed(partition);
            StreamRules.requirePrefix(prefix);
            return reads.list(partition, prefix, cursor, countMax);
        });
    }

    @Override
    public CompletableFuture<StreamInfo> describe(TopicPartition partition, byte[] key) {
        return refusing(() -> {
            rules.requireKey(partition, key);
            return reads.describe(partition, key);
        });
    }

    @Override
    public CompletableFuture<MatchPage> find(
            TopicPartition partition, EventQuery query, long fromOffset, int countMax) {
        return refusing(() -> {
            rules.indexed(partition);
            StreamRules.requireQuery(query);
            return reads.find(partition, query, fromOffset, countMax);
        });
    }

    @Override
    public EventFilter filter(UUID topicId, Filter filter) {
        StreamRules.requireFilter(filter);
        EventMatch match = new EventMatch(filter.key(), filter.keyPrefix(), filter.query());
        return batches -> EventBatches.filter(batches, limits.decompressedBytesMax(), match);
    }

    // ---- other changes

    @Override
    public CompletableFuture<Void> putSnapshot(
            TopicPartition partition, byte[] key, long version, String schema, byte[] state) {
        return refusing(() -> {
            rules.requireKey(partition, key);
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
            logs.admit(state.length);
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
            rules.requireKey(partition, key);
            StreamRules.requireLimits(before, countMax, ageMsMax);
            return Answers.map(
                    runtime.<StreamHead>submit(new Audited(
                            actor,
                            new LimitStream(
                                    partition.topicId(), partition.partition(), key, before, countMax, ageMsMax))),
                    head -> StreamReads.info(key, head));
        });
    }

    @Override
    public CompletableFuture<StreamInfo> delete(TopicPartition partition, byte[] key, long expected, boolean forGood) {
        return refusing(() -> {
            rules.requireKey(partition, key);
            StreamRules.requireExpected(expected);
            return Answers.map(
                    runtime.<StreamHead>submit(new Audited(
                            actor,
                            new DeleteStream(partition.topicId(), partition.partition(), key, expected, forGood))),
                    head -> StreamReads.info(key, head));
        });
    }

    @Override
    public CompletableFuture<StreamInfo> erase(TopicPartition partition, byte[] key, long fromVersion, long toVersion) {
        return refusing(() -> {
            rules.requireKey(partition, key);
            return purge.erase(actor, partition, key, fromVersion, toVersion);
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
