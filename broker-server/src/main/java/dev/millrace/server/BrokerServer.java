package dev.millrace.server;

import dev.millrace.core.Broker;
import dev.millrace.core.BrokerStatus;
import dev.millrace.core.LocalBroker;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.error.Fault;
import dev.millrace.core.storage.RecoveryWatch;
import dev.millrace.core.storage.StoreStats;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.AuditNames;
import dev.millrace.server.config.Config;
import dev.millrace.server.metrics.BrokerMetrics;
import dev.millrace.server.metrics.SchemaNumbers;
import dev.millrace.server.metrics.StorageNumbers;
import dev.millrace.server.net.ConnectionGate;
import dev.millrace.server.net.EventLoops;
import dev.millrace.server.net.InFlightBytes;
import dev.millrace.server.net.Listener;
import dev.millrace.server.protocol.ProtocolAdapter;
import dev.millrace.server.protocol.http.HttpOptions;
import dev.millrace.server.protocol.http.HttpProtocol;
import dev.millrace.server.protocol.http.HttpServices;
import dev.millrace.server.protocol.wire.WireOptions;
import dev.millrace.server.protocol.wire.WireProtocol;
import dev.millrace.server.schema.PublishCheck;
import dev.millrace.server.schema.SchemaRegistry;
import dev.millrace.server.tracing.BrokerTracing;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole broker in this process: storage, listeners, metrics. The only place that wires them together.
 *
 * <p>HTTP is up first, so that a long recovery can be watched; the native listener opens when the log is there. Closing
 * goes the other way round. Thread: any.
 */
public final class BrokerServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerServer.class);
    private static final int HTTP_CONNECTIONS_MAX = 256;
    private static final int HTTP_REQUEST_TIMEOUT_MS = 10_000;
    private static final int HTTP_IDLE_TIMEOUT_MS = 60_000;
    private static final long HTTP_DRAIN_MS = 1_000;

    private final ServerOptions options;
    private final Readiness readiness = new Readiness();
    private final EventLoops loops;
    private final BrokerMetrics metrics;
    /** What was opened, newest first: the order of closing. */
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private HttpProtocol http;
    private Listener httpListener;
    private Listener nativeListener;
    private Broker broker;
    /** Null where the broker makes no spans. */
    private BrokerTracing tracing;

    private boolean closed;

    /** Where the server listens, with real ports where 0 was configured. */
    public record Addresses(InetSocketAddress nativeAddress, InetSocketAddress httpAddress) {
        /** As a client would write it. */
        public static String text(InetSocketAddress address) {
            String host = address.getHostString();
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
        }
    }

    private BrokerServer(ServerOptions options) {
        this.options = options;
        this.loops = EventLoops.start(Runtime.getRuntime().availableProcessors());
        this.metrics = new BrokerMetrics(Version.current(), "fsync", readiness::isReady);
        opened.push(loops);
        opened.push(metrics);
    }

    /**
     * Starts; on return all listeners accept.
     *
     * <p>Fails: {@link dev.millrace.server.net.ListenException} and {@link
     * dev.millrace.core.storage.StoreException}, both with a message for a person, and leaves nothing open.
     *
     * @param onHalt called once, on a thread of its own, when storage has failed: nothing is acknowledged any more, and
     *     the process must end with an error
     */
    public static BrokerServer open(Config config, Consumer<BrokerStatus.Halted> onHalt) {
        Consumer<BrokerStatus.Halted> halt = halted -> {
            Thread thread = new Thread(() -> onHalt.accept(halted), "millrace-halt");
            thread.setDaemon(true);
            thread.start();
        };
        return open(ServerOptions.of(config), watch -> LocalBroker.open(ServerOptions.broker(config, halt), watch));
    }

    static BrokerServer open(ServerOptions options, Function<RecoveryWatch, Broker> brokerOpener) {
        BrokerServer server = new BrokerServer(options);
        try {
            server.openHttp();
            server.openBroker(brokerOpener);
            server.openTracing();
            server.openSchemas();
            server.openNative();
        } catch (RuntimeException | Error failure) {
            server.close();
            throw failure;
        }
        server.readiness.serving(server.broker);
        LOG.info(
                "broker_started native={} http={} transport={} data={}",
                Addresses.text(server.nativeListener.address()),
                Addresses.text(server.httpListener.address()),
                server.loops.transport(),
                options.dataDirectory().toAbsolutePath());
        return server;
    }

    public Addresses addresses() {
        return new Addresses(nativeListener.address(), httpListener.address());
    }

    /** For code in the same process; the caller must not close it. */
    public Broker broker() {
        return broker;
    }

    /**
     * Stops accepting, answers what was accepted, makes it durable, closes. Waits for as long as
     * shutdown.drainTimeout for clients' requests. Safe twice.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        readiness.draining();
        while (!opened.isEmpty()) {
            AutoCloseable next = opened.pop();
            try {
                next.close();
            } catch (Exception failure) {
                LOG.error("close_failed part={}", next.getClass().getSimpleName(), failure);
            }
        }
        LOG.info("broker_stopped");
    }

    private void openHttp() {
        http = new HttpProtocol(
                new HttpOptions(
                        readiness::live,
                        readiness::ready,
                        metrics::scrape,
                        options.http().bodyBytesMax(),
                        options.http().requestsPerSecond(),
                        HTTP_REQUEST_TIMEOUT_MS,
                        HTTP_IDLE_TIMEOUT_MS),
                metrics.protocol("http"));
        ConnectionGate gate = new ConnectionGate(HTTP_CONNECTIONS_MAX);
        opened.push(() -> drain(http, HTTP_DRAIN_MS));
        httpListener = listen(http, options.httpBind(), gate, "listeners.http.bind");
    }

    private void openBroker(Function<RecoveryWatch, Broker> brokerOpener) {
        broker = brokerOpener.apply(readiness::recovering);
        opened.push(broker);
        // Before anybody can change anything; what cannot be recorded must not be changed.
        broker.internals().log(AuditNames.TOPIC).join();
        metrics.observe(broker.stats(), () -> numbers(broker.stats().store()));
    }

    /** Before the listeners, so that it ends after them and before the broker, which it asks for topics' names. */
    private void openTracing() {
        options.tracing().endpoint().ifPresent(endpoint -> {
            tracing = BrokerTracing.start(
                    endpoint,
                    options.tracing().headers(),
                    new BrokerTracing.Service(
                            options.tracing().serviceName(),
                            Version.current(),
                            broker.clusterId().toString()),
                    topicId -> broker.topics().find(topicId).map(Topic::name).orElseGet(topicId::toString));
            opened.push(tracing);
        });
        metrics.tracing(
                () -> tracing == null ? 0 : tracing.exportedCount(),
                () -> tracing == null ? 0 : tracing.droppedCount());
    }

    /** What protocols call. */
    private Broker served() {
        return tracing == null ? broker : tracing.trace(broker);
    }

    private void openSchemas() {
        SchemaRegistry registry = SchemaRegistry.open(
                broker, options.schemas().limits(), options.schemas().compatibility(), TimeSource.SYSTEM);
        PublishCheck check = new PublishCheck(registry);
        broker.internals().checkSchemasWith(check);
        metrics.schemas(new SchemaNumbers(
                registry::subjectCount, registry::versionCount, registry::incompatibleCount, check::refusedCount));
        http.open(new HttpServices(served(), registry, tracing, options.http().configuration(), Version.current()));
        // What it serves from the broker ends before the broker does; metrics and health go on until the end.
        opened.push(http::close);
    }

    private void openNative() {
        InFlightBytes inFlight = new InFlightBytes(options.limits().inFlightBytesTotal());
        metrics.network(loops, inFlight);
        WireOptions wireOptions = new WireOptions(
                options.limits(),
                "millrace/" + Version.current(),
                () -> BrokerFacts.of(broker, options, addresses()),
                TimeSource.SYSTEM,
                tracing);
        WireProtocol wire = new WireProtocol(served(), wireOptions, inFlight, metrics.protocol("native"));
        ConnectionGate gate = new ConnectionGate(options.limits().connections());
        opened.push(() -> drain(wire, options.drainTimeoutMs()));
        nativeListener = listen(wire, options.nativeBind(), gate, "listeners.native.bind");
    }

    private Listener listen(ProtocolAdapter adapter, InetSocketAddress address, ConnectionGate gate, String setting) {
        metrics.connections(adapter.name(), gate);
        Listener listener = Listener.bind(
                loops,
                address,
                gate,
                new Listener.Service(
                        adapter.name(),
                        setting,
                        adapter::accept,
                        detail -> adapter.refusal(Fault.TOO_MANY_CONNECTIONS, detail)));
        opened.push(listener);
        return listener;
    }

    private static void drain(ProtocolAdapter adapter, long timeoutMs) {
        try {
            adapter.drain().get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            LOG.warn("drain_timed_out protocol={} timeoutMs={}", adapter.name(), timeoutMs);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException impossible) {
            LOG.error("drain_failed protocol={}", adapter.name(), impossible);
        }
    }

    private static StorageNumbers numbers(StoreStats stats) {
        return new StorageNumbers(
                stats.payloadBytes(),
                stats.walBytes(),
                stats.flushBytes(),
                stats.compactionBytes(),
                stats.logCompactionBytes(),
                stats.diskBytes(),
                stats.memoryBytes(),
                stats.stallMicros() / 1e6,
                stats.writeAmplification());
    }
}
