package dev.millrace.server.tracing;

import dev.millrace.core.Broker;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.time.TimeSource;
import dev.millrace.server.config.SecretHeaders;
import dev.millrace.server.protocol.DeliveryTracing;
import dev.millrace.server.tracing.SampledRecords.Sampled;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Makes spans of what the broker does with records, where a record's {@code traceparent} says that its trace is sampled. It
 * looks at every record's headers, so a broker without a collector has none of these. Whoever does the broker's work never
 * waits for it. Thread: any.
 */
public final class BrokerTracing implements DeliveryTracing, AutoCloseable {
    private static final int QUEUE_SPANS_MAX = 8192;

    private final SpanQueue queue = new SpanQueue(QUEUE_SPANS_MAX);
    private final SpanExporter exporter;

    /** As whom the broker shows in traces. */
    public record Service(String name, String version, String instance) {}

    private BrokerTracing(Collector collector, Service service, Function<UUID, String> topicNames) {
        SplittableRandom random = new SplittableRandom(); // of the exporter's thread alone
        OtlpJson json = new OtlpJson(service, topicNames, random::nextLong);
        exporter = new SpanExporter(queue, json, collector, new RetryPauses(random), TimeSource.SYSTEM);
    }

    /** Starts; whether a collector is there shows when there is something for it. */
    public static BrokerTracing start(
            URI endpoint, SecretHeaders headers, Service service, Function<UUID, String> topicNames) {
        BrokerTracing tracing = new BrokerTracing(new HttpCollector(endpoint, headers), service, topicNames);
        tracing.exporter.start();
        return tracing;
    }

    /** The same broker, whose appends are traced. Closing it closes the given one. */
    public Broker trace(Broker broker) {
        return new TracingBroker(broker, this);
    }

    /** Spans that the collector took. */
    public long exportedCount() {
        return exporter.exportedCount();
    }

    /** Spans that nobody will see: the collector was slow, or refused them. */
    public long droppedCount() {
        return queue.droppedCount();
    }

    /** Sends what is left, for two seconds at most. */
    @Override
    public void close() {
        exporter.close();
    }

    // ---- publish

    /**
     * Appends, and makes a span of each sampled record.
     *
     * @param firstOffset of what was appended; -1 where that was nothing
     */
    <T> CompletableFuture<T> append(
            TopicPartition partition,
            ByteBuffer batches,
            Supplier<CompletableFuture<T>> append,
            ToLongFunction<T> firstOffset) {
        Publishing publishing = publishing(partition, batches);
        CompletableFuture<T> appended = append.get();
        if (publishing.isSampled()) {
            appended.whenComplete(
                    (done, error) -> publishing.ended(error == null ? firstOffset.applyAsLong(done) : -1, error));
        }
        return appended;
    }

    /** An append begins. */
    Publishing publishing(TopicPartition partition, ByteBuffer batches) {
        return new Publishing(partition, SampledRecords.in(batches), nowNanos());
    }

    /** An append under way. */
    final class Publishing {
        private final TopicPartition partition;
        private final SampledRecords sampled;
        private final long startNanos;

        private Publishing(TopicPartition partition, SampledRecords sampled, long startNanos) {
            this.partition = partition;
            this.sampled = sampled;
            this.startNanos = startNanos;
        }

        /** Whether {@link #ended} makes a span. */
        boolean isSampled() {
            return !sampled.isEmpty();
        }

        /** @param error null for none */
        void ended(long firstOffset, Throwable error) {
            published(partition, sampled, startNanos, firstOffset, error);
        }
    }

    /** @param error null for none */
    void published(
            TopicPartition partition, SampledRecords sampled, long startNanos, long firstOffset, Throwable error) {
        long endNanos = nowNanos();
        Fault fault = error == null ? null : faultOf(error);
        for (Sampled record : sampled.kept()) {
            long offset = firstOffset < 0 ? -1 : firstOffset + record.number();
            queue.add(new BrokerSpan(
                    BrokerSpan.Operation.PUBLISH, record.parent(), partition, offset, startNanos, endNanos, fault));
        }
        queue.drop(sampled.beyondCount());
    }

    private static Fault faultOf(Throwable error) {
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return cause instanceof FaultException known ? known.fault() : Fault.INTERNAL;
    }

    // ---- deliver

    @Override
    public Runnable begin(TopicPartition partition, long fromOffset, long toOffset, ByteBuffer batches) {
        SampledRecords sampled = SampledRecords.in(batches, fromOffset, toOffset);
        if (sampled.isEmpty()) {
            return null;
        }
        long startNanos = nowNanos();
        return () -> delivered(partition, sampled, startNanos);
    }

    private void delivered(TopicPartition partition, SampledRecords sampled, long startNanos) {
        long endNanos = nowNanos();
        for (Sampled record : sampled.kept()) {
            queue.add(new BrokerSpan(
                    BrokerSpan.Operation.DELIVER,
                    record.parent(),
                    partition,
                    record.offset(),
                    startNanos,
                    endNanos,
                    null));
        }
        queue.drop(sampled.beyondCount());
    }

    static long nowNanos() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
    }
}
