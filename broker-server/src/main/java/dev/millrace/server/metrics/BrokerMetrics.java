package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats;
import dev.millrace.server.net.ConnectionGate;
import dev.millrace.server.net.EventLoops;
import dev.millrace.server.net.InFlightBytes;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * All that Prometheus may ask. Exists before the broker does, so that a long recovery can be watched; {@link #observe}
 * joins the broker when it is open. docs/METRICS.md lists every metric. Thread: any.
 */
public final class BrokerMetrics implements AutoCloseable {
    /** Topics, and pairs of group and topic, that have series of their own. */
    public static final int LABELS_MAX = 500;

    /** A store's sync on good and on bad disks. */
    private static final Duration[] SYNC_BUCKETS = millis(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 1000, 5000);

    private static final Duration[] PUBLISH_BUCKETS = millis(0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000);
    private static final Duration[] LATENESS_BUCKETS = millis(5, 10, 25, 50, 100, 250, 1000, 10_000, 60_000);
    private static final double[] COMMIT_REQUESTS_BUCKETS = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000};
    private static final double[] COMMIT_BYTES_BUCKETS = {1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 22, 1 << 24, 1 << 26
    };

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final LabelLimit topicLabels = new LabelLimit(LABELS_MAX);
    private final DeliveryMeters deliveries = new DeliveryMeters(topicLabels);
    private final ProtocolCollector protocols = new ProtocolCollector();
    private final JvmGcMetrics gcMetrics = new JvmGcMetrics();
    private volatile Supplier<StorageNumbers> storage = () -> StorageNumbers.NONE;
    private volatile StorageNumbers storageNow = StorageNumbers.NONE;

    /** @param syncMode when data is made durable, for the label of millrace_info */
    public BrokerMetrics(String version, String syncMode, BooleanSupplier ready) {
        Gauge.builder("millrace.info", () -> 1)
                .description("Always 1; the labels tell version and durability")
                .tags("version", version, "sync_mode", syncMode)
                .register(registry);
        gauge("millrace.ready", "1 while the broker takes all requests", () -> ready.getAsBoolean() ? 1 : 0);
        registry.getPrometheusRegistry().register(protocols);
        bindProcess();
    }

    /** The counters for one protocol's adapter. */
    public ProtocolMeters protocol(String name) {
        ProtocolMeters meters = new ProtocolMeters(name, deliveries);
        protocols.add(meters);
        return meters;
    }

    public void connections(String protocol, ConnectionGate gate) {
        protocols.add(protocol, gate);
    }

    public void network(EventLoops loops, InFlightBytes inFlight) {
        gauge("millrace.in.flight.bytes", "Bytes of requests not yet answered", inFlight::bytes);
        counter(
                "millrace.read.pauses",
                "Times a connection was not read, to limit what is in flight",
                inFlight::pauses);
        gauge(
                "millrace.peers.held.bytes",
                "Bytes of unfinished frames, and of what peers have not taken",
                inFlight.peers()::bytes);
        counter(
                "millrace.peers.cut.off",
                "Connections closed because they held memory for longest when it was short",
                inFlight.peers()::cutOff);
        new NettyAllocatorMetrics(PooledByteBufAllocator.DEFAULT).bindTo(registry);
        new NettyEventExecutorMetrics(loops.workers()).bindTo(registry);
    }

    /** Takes the broker's numbers from here on. */
    public void observe(BrokerStats stats, Supplier<StorageNumbers> numbers) {
        storage = numbers;
        bindStorage();
        bindBroker(stats);
        registry.getPrometheusRegistry().register(new TopicCollector(stats::topics, deliveries, topicLabels));
        registry.getPrometheusRegistry().register(new GroupCollector(stats::groups, new LabelLimit(LABELS_MAX)));
        registry.getPrometheusRegistry()
                .register(new DeadLetterCollector(stats::deadLetters, new LabelLimit(LABELS_MAX)));
        stats.observe(observer());
    }

    /** Takes the registry's numbers from here on. */
    public void schemas(SchemaNumbers numbers) {
        gauge("millrace.schema.subjects", "Subjects of the schema registry", numbers.subjects());
        gauge("millrace.schema.versions", "Versions of all subjects, deleted ones included", numbers.versions());
        counter("millrace.schema.incompatible", "Schemas refused as incompatible", numbers.incompatible());
        counter("millrace.schema.records.refused", "Records refused because of their schema", numbers.recordsRefused());
    }

    /** Takes the numbers of the broker's spans from here on. */
    public void tracing(Supplier<Number> exported, Supplier<Number> dropped) {
        counter("millrace.tracing.spans.exported", "Spans of the broker that the collector took", exported);
        counter(
                "millrace.tracing.spans.dropped",
                "Spans of the broker that a slow or absent collector did not get",
                dropped);
    }

    /** Loads what the first metrics take longest to load. */
    public static void load() {
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT).close();
    }

    /** The text that a Prometheus server reads. May take milliseconds: not for an event loop. */
    public String scrape() {
        storageNow = storage.get();
        return registry.scrape();
    }

    @Override
    public void close() {
        gcMetrics.close();
        registry.close();
    }

    private void bindProcess() {
        new JvmInfoMetrics().bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        gcMetrics.bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
    }

    private void bindStorage() {
        storageCounter("payload.bytes", "Bytes of batches handed to the store", StorageNumbers::payloadBytes);
        storageCounter("wal.bytes", "Bytes written to the write-ahead log", StorageNumbers::walBytes);
        storageCounter("flush.bytes", "Bytes written when memory tables went to files", StorageNumbers::flushBytes);
        storageCounter("compaction.bytes", "Bytes rewritten by compaction", StorageNumbers::compactionBytes);
        storageCounter(
                "log.compaction.bytes",
                "Bytes of the log rewritten by compaction; 0 by design",
                StorageNumbers::logCompactionBytes);
        storageCounter("stall.seconds", "Time in which the store held writes back", StorageNumbers::stallSeconds);
        storageGauge(
                "write.amplification", "Bytes written for each byte of batches", StorageNumbers::writeAmplification);
        storageGauge("memory.bytes", "Memory tables and caches of the store", StorageNumbers::memoryBytes);
        storageGauge("disk.bytes", "Bytes of the store's files", StorageNumbers::diskBytes);
    }

    private void bindBroker(BrokerStats stats) {
        gauge(
                "millrace.disk.free.bytes",
                "Bytes that can still be written to the data directory's disk",
                stats::diskUsableBytes);
        gauge("millrace.inbox.requests", "Requests that wait for the log", stats::inboxRequests);
        gauge("millrace.inbox.bytes", "Bytes of the requests that wait for the log", stats::inboxBytes);
        gauge("millrace.tail.cache.bytes", "Recent batches kept in memory", stats::tailCacheBytes);
        counter("millrace.tail.cache.hits", "Reads served from memory", stats::tailCacheHits);
        counter("millrace.tail.cache.misses", "Reads that went to the store", stats::tailCacheMisses);
        gauge("millrace.event.cache.bytes", "Events of streams kept in memory", stats::eventCacheBytes);
        counter("millrace.event.cache.hits", "Runs of events served from memory", stats::eventCacheHits);
        counter("millrace.event.cache.misses", "Runs of events that went to the log", stats::eventCacheMisses);
        counter("millrace.duplicate.batches", "Batches that had been appended before", stats::duplicateBatches);
        counter("millrace.group.rebalances", "Assignments computed anew", stats::groupRebalances);
        counter("millrace.offset.commits", "Committed offsets", stats::offsetCommits);
        gauge("millrace.timers.pending", "Messages that wait for their time", stats::timersPending);
        counter("millrace.timers.fired", "Messages that were delivered at their time", stats::timersFired);
        counter("millrace.timers.dropped", "Messages whose topic was deleted before their time", stats::timersDropped);
        gauge("millrace.transactions.open", "Transactions neither committed nor aborted", stats::transactionsOpen);
        counter("millrace.transactions.committed", "Transactions committed", stats::transactionsCommitted);
        counter("millrace.dead.letter.replays", "Dead letters sent back to their groups", stats::deadLetterReplays);
    }

    private BrokerStats.Observer observer() {
        Timer publish = Timer.builder("millrace.publish")
                .description("From a publish's arrival in the inbox until it was durable")
                .serviceLevelObjectives(PUBLISH_BUCKETS)
                .register(registry);
        Timer sync = Timer.builder("millrace.fsync")
                .description("Making the write-ahead log durable")
                .serviceLevelObjectives(SYNC_BUCKETS)
                .register(registry);
        Timer lateness = Timer.builder("millrace.timer.lateness")
                .description("From the time a message was due until it was durable in its partition")
                .serviceLevelObjectives(LATENESS_BUCKETS)
                .register(registry);
        DistributionSummary commitRequests = DistributionSummary.builder("millrace.commit.requests")
                .description("Requests made durable together")
                .serviceLevelObjectives(COMMIT_REQUESTS_BUCKETS)
                .register(registry);
        DistributionSummary commitBytes = DistributionSummary.builder("millrace.commit.bytes")
                .description("Bytes made durable together")
                .serviceLevelObjectives(COMMIT_BYTES_BUCKETS)
                .register(registry);
        return new BrokerStats.Observer() {
            @Override
            public void onCommit(int requests, long bytes) {
                commitRequests.record(requests);
                commitBytes.record(bytes);
            }

            @Override
            public void onSync(long nanos) {
                sync.record(nanos, TimeUnit.NANOSECONDS);
            }

            @Override
            public void onTimerFired(long lateMs) {
                lateness.record(lateMs, TimeUnit.MILLISECONDS);
            }

            @Override
            public void onPublish(long nanos) {
                publish.record(nanos, TimeUnit.NANOSECONDS);
            }
        };
    }

    private void storageCounter(String name, String help, ToDoubleFunction<StorageNumbers> value) {
        FunctionCounter.builder("millrace.storage." + name, this, metrics -> value.applyAsDouble(metrics.storageNow))
                .description(help)
                .register(registry);
    }

    private void storageGauge(String name, String help, ToDoubleFunction<StorageNumbers> value) {
        gauge("millrace.storage." + name, help, () -> value.applyAsDouble(storageNow));
    }

    private void counter(String name, String help, Supplier<Number> value) {
        // The registry holds the object weakly, the function strongly.
        FunctionCounter.builder(name, this, metrics -> value.get().doubleValue())
                .description(help)
                .register(registry);
    }

    private void gauge(String name, String help, Supplier<Number> value) {
        Gauge.builder(name, value).description(help).register(registry);
    }

    private static Duration[] millis(double... values) {
        Duration[] durations = new Duration[values.length];
        for (int i = 0; i < values.length; i++) {
            durations[i] = Duration.ofNanos((long) (values[i] * 1_000_000));
        }
        return durations;
    }
}
