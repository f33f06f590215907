package dev.millrace.server.tracing;

import dev.millrace.core.EventFilter;
import dev.millrace.core.StreamOperations;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.EventQuery;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Makes spans of appends to streams; an expectation that does not hold is a failure there. Thread: any. */
record TracedStreams(StreamOperations streams, BrokerTracing tracing) implements StreamOperations {
    @Override
    public CompletableFuture<Outcome> append(
            TopicPartition partition, ByteBuffer events, List<Check> checks, Condition condition) {
        long startNanos = BrokerTracing.nowNanos();
        SampledRecords sampled = SampledRecords.in(events);
        CompletableFuture<Outcome> appended = streams.append(partition, events, checks, condition);
        if (!sampled.isEmpty()) {
            appended.whenComplete((outcome, error) -> {
                long firstOffset = outcome instanceof Appended done ? done.firstOffset() : -1;
                tracing.published(
                        partition, sampled, startNanos, firstOffset, error == null ? refusal(outcome) : error);
            });
        }
        return appended;
    }

    /** Null where the events were appended. */
    private static Throwable refusal(Outcome outcome) {
        if (outcome instanceof Appended) {
            return null;
        }
        Fault fault = outcome instanceof Conflict ? Fault.WRONG_EXPECTED_VERSION : Fault.CONDITION_FAILED;
        return new FaultException(fault, "");
    }

    @Override
    public CompletableFuture<Events> read(TopicPartition partition, byte[] key, Span span) {
        return streams.read(partition, key, span);
    }

    @Override
    public CompletableFuture<State> load(TopicPartition partition, byte[] key, String schema, Span span) {
        return streams.load(partition, key, schema, span);
    }

    @Override
    public CompletableFuture<Void> putSnapshot(
            TopicPartition partition, byte[] key, long version, String schema, byte[] state) {
        return streams.putSnapshot(partition, key, version, schema, state);
    }

    @Override
    public CompletableFuture<LatestPage> latest(
            TopicPartition partition, byte[] prefix, AsOf asOf, Cursor cursor, int countMax) {
        return streams.latest(partition, prefix, asOf, cursor, countMax);
    }

    @Override
    public CompletableFuture<StreamsPage> list(TopicPartition partition, byte[] prefix, Cursor cursor, int countMax) {
        return streams.list(partition, prefix, cursor, countMax);
    }

    @Override
    public CompletableFuture<StreamInfo> describe(TopicPartition partition, byte[] key) {
        return streams.describe(partition, key);
    }

    @Override
    public CompletableFuture<StreamInfo> limit(
            TopicPartition partition, byte[] key, long before, long countMax, long ageMsMax) {
        return streams.limit(partition, key, before, countMax, ageMsMax);
    }

    @Override
    public CompletableFuture<StreamInfo> delete(TopicPartition partition, byte[] key, long expected, boolean forGood) {
        return streams.delete(partition, key, expected, forGood);
    }

    @Override
    public CompletableFuture<StreamInfo> erase(TopicPartition partition, byte[] key, long fromVersion, long toVersion) {
        return streams.erase(partition, key, fromVersion, toVersion);
    }

    @Override
    public CompletableFuture<MatchPage> find(
            TopicPartition partition, EventQuery query, long fromOffset, int countMax) {
        return streams.find(partition, query, fromOffset, countMax);
    }

    @Override
    public EventFilter filter(UUID topicId, Filter filter) {
        return streams.filter(topicId, filter);
    }
}
