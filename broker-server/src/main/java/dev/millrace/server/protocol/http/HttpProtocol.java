package dev.millrace.server.protocol.http;

import dev.millrace.core.error.Fault;
import dev.millrace.core.time.TimeSource;
import dev.millrace.server.metrics.DetailedMetrics;
import dev.millrace.server.metrics.ProtocolMeters;
import dev.millrace.server.protocol.ProtocolAdapter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Serves metrics and health, and once {@link #open} was called all the rest. Thread: any. */
public final class HttpProtocol implements ProtocolAdapter {
    private static final int LINE_BYTES_MAX = 4 << 10;
    private static final int HEADER_BYTES_MAX = 16 << 10;
    private static final int SCRAPES_WAITING_MAX = 16;
    private static final int WORKERS = 4;
    private static final int ENCODERS = 2;
    private static final int REQUESTS_WAITING_MAX = 256;
    /** Parsers of schemas descend by recursion. */
    private static final long WORKER_STACK_BYTES = 8 << 20;

    private final HttpOptions options;
    private final ProtocolMeters meters;
    private final Set<HttpConnection> connections = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private volatile boolean draining;
    /** A scrape takes milliseconds, in which an event loop must serve others. One at a time bounds what scrapers can cost. */
    private final ExecutorService scraper = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(SCRAPES_WAITING_MAX), HttpProtocol::scraperThread);

    /** Routes may wait for the disk, which an event loop must not. */
    private final ExecutorService workers = new ThreadPoolExecutor(
            WORKERS,
            WORKERS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(REQUESTS_WAITING_MAX),
            HttpProtocol::workerThread);

    /** Each tail has at most one task here, so their number bounds what waits. */
    private final ExecutorService encoder = Executors.newFixedThreadPool(ENCODERS, HttpProtocol::encoderThread);

    private final HttpRoutes routes = new HttpRoutes();
    private final RequestRate rate;
    private final AtomicLong heldBytes = new AtomicLong();

    public HttpProtocol(HttpOptions options, ProtocolMeters meters) {
        this.options = options;
        this.meters = meters;
        this.rate = new RequestRate(options.requestsPerSecond(), TimeSource.SYSTEM);
    }

    /** Serves these from now on; until then their paths are answered with 503. */
    public void open(HttpServices services) {
        List<Route> all = new ArrayList<>(
                SchemaRoutes.of(services.schemas(), services.broker().clusterId(), services.version()));
        all.addAll(RestRoutes.of(services, encoder));
        all.addAll(MetricRoutes.of(new DetailedMetrics(
                services.broker().topics(), services.broker().stats())));
        routes.open(all);
    }

    /** Serves only metrics and health from now on, and ends live tails: the broker is about to close. */
    public void close() {
        routes.close();
        connections.forEach(HttpConnection::stopStreaming);
    }

    HttpRoutes routes() {
        return routes;
    }

    @Override
    public String name() {
        return "http";
    }

    @Override
    public void accept(Channel channel) {
        HttpConnection connection =
                new HttpConnection(options, meters, new HttpConnection.Work(scraper, workers, routes, rate, heldBytes));
        connections.add(connection);
        channel.closeFuture().addListener(closed -> forget(connection));
        channel.pipeline()
                .addLast(new WriteTimeoutHandler(options.requestTimeoutMs(), TimeUnit.MILLISECONDS))
                .addLast(connection.byteWatch())
                .addLast(new HttpServerCodec(new HttpDecoderConfig()
                        .setMaxInitialLineLength(LINE_BYTES_MAX)
                        .setMaxHeaderSize(HEADER_BYTES_MAX)))
                .addLast(new HttpServerKeepAliveHandler())
                .addLast(new BodyLimit(options.bodyBytesMax(), connection))
                .addLast(connection);
        if (draining) {
            connection.drain();
        }
    }

    @Override
    public ByteBuf refusal(Fault fault, String detail) {
        meters.rejected(fault);
        return rawError(HttpResponseStatus.SERVICE_UNAVAILABLE, fault.name().toLowerCase(Locale.ROOT), detail);
    }

    /** A whole answer after which the connection closes, for a channel whose codec is not there or is lost. */
    static ByteBuf rawError(HttpResponseStatus status, String code, String detail) {
        byte[] body = Json.problem(status.code(), code, detail);
        String head = "HTTP/1.1 " + status + "\r\ncontent-type: " + HttpProblem.CONTENT_TYPE + "\r\ncontent-length: "
                + body.length + "\r\nconnection: close\r\n\r\n";
        return Unpooled.wrappedBuffer(head.getBytes(StandardCharsets.US_ASCII), body);
    }

    @Override
    public CompletableFuture<Void> drain() {
        draining = true;
        connections.forEach(HttpConnection::drain);
        completeDrainWhenEmpty();
        return drained.whenComplete((done, error) -> {
            scraper.shutdown();
            workers.shutdown();
            encoder.shutdown();
        });
    }

    private void forget(HttpConnection connection) {
        connections.remove(connection);
        completeDrainWhenEmpty();
    }

    private void completeDrainWhenEmpty() {
        if (draining && connections.isEmpty()) {
            drained.complete(null);
        }
    }

    private static final class BodyLimit extends HttpObjectAggregator {
        private final HttpConnection connection;

        BodyLimit(int bytesMax, HttpConnection connection) {
            super(bytesMax, true);
            this.connection = connection;
        }

        @Override
        protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
            connection.refuse(
                    HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                    "too_large",
                    "the body is larger than " + maxContentLength() + " bytes");
        }
    }

    private static Thread workerThread(Runnable task) {
        Thread thread = new Thread(null, task, "millrace-http", WORKER_STACK_BYTES);
        thread.setDaemon(true);
        return thread;
    }

    private static Thread encoderThread(Runnable task) {
        Thread thread = new Thread(task, "millrace-tail");
        thread.setDaemon(true);
        return thread;
    }

    private static Thread scraperThread(Runnable task) {
        Thread thread = new Thread(task, "millrace-scrape");
        thread.setDaemon(true);
        return thread;
    }
}
