package dev.millrace.server.protocol.http;

import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Actor;
import dev.millrace.server.metrics.ProtocolMeters;
import dev.millrace.server.net.LastWord;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One HTTP connection: one request at a time, each with a deadline. Thread: event loop, but for what says otherwise. */
final class HttpConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(HttpConnection.class);
    private static final String JSON = "application/json";

    /** Requests that came in the bytes of an earlier one; a client that sends more does not wait for answers. */
    private static final int PIPELINED_MAX = 16;

    /** Beyond it further requests are refused; each connection may have added one request and one answer before. */
    private static final long HELD_BYTES_MAX = 64L << 20;

    /** So many signs of life of a stream in the time in which a silent connection is closed. */
    private static final int STREAM_TICKS = 4;

    private enum State {
        /** Between two requests. */
        IDLE,
        /** Some bytes of a request have come. */
        RECEIVING,
        ANSWERING
    }

    private interface OwnAnswer {
        void answer(HttpConnection connection);
    }

    /** What is answered without a broker, and while it starts. */
    private static final Map<String, OwnAnswer> OWN = Map.of(
            "/metrics", HttpConnection::answerMetrics,
            "/health/live", HttpConnection::answerLive,
            "/health/ready", HttpConnection::answerReady);

    private final HttpOptions options;
    private final ProtocolMeters meters;
    private final Work work;
    private volatile ChannelHandlerContext context;
    private final Queue<FullHttpRequest> pipelined = new ArrayDeque<>();
    private State state = State.IDLE;
    private boolean draining;
    private boolean headOnly;
    private Future<?> deadline;
    /** What is being sent piece by piece, or null. */
    private StreamedAnswer streaming;

    /**
     * What all connections share, above all who does what an event loop must not wait for.
     *
     * @param heldBytes bodies of requests that wait, and of answers that clients have not taken
     */
    record Work(Executor scraper, Executor workers, HttpRoutes routes, RequestRate rate, AtomicLong heldBytes) {}

    HttpConnection(HttpOptions options, ProtocolMeters meters, Work work) {
        this.options = options;
        this.meters = meters;
        this.work = work;
    }

    /** Sees the bytes before they are a request, for the deadline. */
    ChannelHandler byteWatch() {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext reading, Object bytes) {
                if (state == State.IDLE) {
                    state = State.RECEIVING;
                    closeIn(options.requestTimeoutMs());
                }
                reading.fireChannelRead(bytes);
            }
        };
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        closeIn(options.requestTimeoutMs());
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        cancelDeadline();
        pipelined.forEach(FullHttpRequest::release);
        pipelined.clear();
        if (streaming != null) {
            streaming.onClosed();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
        FullHttpRequest request = (FullHttpRequest) message;
        if (state != State.ANSWERING) {
            begin(request);
        } else if (streaming == null && pipelined.size() < PIPELINED_MAX) {
            pipelined.add(request);
        } else {
            request.release();
            reading.close();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        if (streaming != null) {
            streaming.onWritabilityChanged();
        }
    }

    /** One request at a time: no more is read until its answer is out. */
    private void begin(FullHttpRequest request) {
        try {
            state = State.ANSWERING;
            context.channel().config().setAutoRead(false);
            cancelDeadline();
            route(request);
        } finally {
            request.release();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext on, Throwable cause) {
        LOG.debug("http_connection_failed peer={} cause=\"{}\"", on.channel().remoteAddress(), cause.toString());
        on.close();
    }

    /** Closes after the answer under way. Thread: any. */
    void drain() {
        ChannelHandlerContext current = context;
        if (current != null) {
            current.executor().execute(() -> {
                draining = true;
                if (streaming != null) {
                    streaming.stop();
                } else if (state != State.ANSWERING) {
                    current.close();
                }
            });
        }
    }

    /** Ends what is sent piece by piece. Thread: any. */
    void stopStreaming() {
        ChannelHandlerContext current = context;
        if (current != null) {
            current.executor().execute(() -> {
                if (streaming != null) {
                    streaming.stop();
                }
            });
        }
    }

    private void route(FullHttpRequest request) {
        DecoderResult decoded = request.decoderResult();
        if (decoded.isFailure()) {
            answerUndecoded(decoded.cause());
            return;
        }
        headOnly = request.method().equals(HttpMethod.HEAD);
        QueryStringDecoder uri = new QueryStringDecoder(request.uri());
        OwnAnswer own = OWN.get(uri.rawPath());
        if (own == null) {
            route(request, uri);
        } else if (request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD)) {
            own.answer(this);
        } else {
            answerMethodNotAllowed("GET, HEAD");
        }
    }

    private void route(FullHttpRequest request, QueryStringDecoder uri) {
        InetSocketAddress peer = (InetSocketAddress) context.channel().remoteAddress();
        if (!work.rate().admits(peer.getAddress())) {
            send(refusal(new HttpProblem(
                    429,
                    "rate_limited",
                    "more than " + work.rate().perSecond()
                            + " requests in a second came from your address; send fewer, or raise"
                            + " limits.httpRequestsPerSecond")));
            return;
        }
        if (isOfAnotherSite(request)) {
            answerError(
                    HttpResponseStatus.FORBIDDEN,
                    "cross_origin",
                    "a page of " + HttpProblem.shown(request.headers().get(HttpHeaderNames.ORIGIN))
                            + " may not change anything here");
            return;
        }
        HttpRoutes.Match match = work.routes().find(request.method(), uri.rawPath());
        if (match instanceof HttpRoutes.Match.Found found) {
            HttpCall call;
            try {
                call = new HttpCall(
                        found.path(),
                        uri.parameters(),
                        request.headers().get(HttpHeaderNames.CONTENT_TYPE, ""),
                        ByteBufUtil.getBytes(request.content()),
                        headers(request),
                        caller(request));
            } catch (IllegalArgumentException malformed) {
                answerError(HttpResponseStatus.BAD_REQUEST, "bad_request", "the query is malformed: " + malformed);
                return;
            }
            meters.requests(found.route().kind()).increment();
            execute(found.route(), call);
        } else if (match instanceof HttpRoutes.Match.WrongMethod wrong) {
            answerMethodNotAllowed(String.join(", ", wrong.allowed()));
        } else if (match instanceof HttpRoutes.Match.Starting) {
            answerLater("starting", "the broker is starting or stopping; ask /health/ready how far it is");
        } else {
            answerError(
                    HttpResponseStatus.NOT_FOUND,
                    "not_found",
                    "there is nothing at " + HttpProblem.shown(uri.rawPath()) + "; there is "
                            + String.join(", ", OWN.keySet())
                            + ", /v1/..., /openapi.json, /subjects, /schemas, /compatibility, /config, /mode");
        }
    }

    /** True where a browser sends what a page of another site wants changed; only browsers name the origin. */
    private static boolean isOfAnotherSite(FullHttpRequest request) {
        String origin = request.headers().get(HttpHeaderNames.ORIGIN);
        boolean changes =
                !request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD);
        return changes
                && origin != null
                && !origin.endsWith("://" + request.headers().get(HttpHeaderNames.HOST));
    }

    /** By their names in lower case, the first of each. */
    private static Map<String, String> headers(FullHttpRequest request) {
        Map<String, String> headers = new HashMap<>();
        for (Map.Entry<String, String> header : request.headers().entries()) {
            headers.putIfAbsent(header.getKey().toLowerCase(Locale.ROOT), header.getValue());
        }
        return headers;
    }

    private Actor caller(FullHttpRequest request) {
        InetSocketAddress peer = (InetSocketAddress) context.channel().remoteAddress();
        return new Actor(
                "http",
                request.headers().get(HttpHeaderNames.USER_AGENT, ""),
                peer.getAddress().getHostAddress() + ":" + peer.getPort());
    }

    private void execute(Route route, HttpCall call) {
        if (work.heldBytes().get() > HELD_BYTES_MAX) {
            answerLater("overloaded", "too many bytes of requests and answers wait; take answers sooner");
            return;
        }
        int bytes = call.body().length;
        work.heldBytes().addAndGet(bytes);
        try {
            Executor executor = route.kind().equals(MetricRoutes.KIND) ? work.scraper() : work.workers();
            executor.execute(() -> answer(route, call)
                    .exceptionally(failure -> failed(route, failure))
                    .thenAccept(answer -> {
                        work.heldBytes().addAndGet(-bytes);
                        context.executor().execute(() -> send(answer));
                    }));
        } catch (RejectedExecutionException busy) {
            work.heldBytes().addAndGet(-bytes);
            answerLater("overloaded", "too many requests wait; send fewer at a time");
        }
    }

    /** Thread: a worker. */
    private static CompletableFuture<HttpAnswer> answer(Route route, HttpCall call) {
        try {
            return route.handler().answer(call);
        } catch (RuntimeException | Error failure) {
            // An error, too: without an answer the connection and its bytes would be held for ever.
            return CompletableFuture.failedFuture(failure);
        }
    }

    private static HttpAnswer failed(Route route, Throwable failure) {
        HttpProblem problem = HttpProblem.of(failure);
        if (problem == null) {
            LOG.error("request_failed route={}", route.path(), failure);
            problem = new HttpProblem(500, "internal", "the request failed; see the broker's log");
        }
        return problem.answer();
    }

    private void send(HttpAnswer answer) {
        if (answer.stream() != null && !headOnly) {
            stream(answer);
            return;
        }
        if (answer.stream() != null) {
            answer.stream().onClosed();
        }
        if (answer.status() >= 400) {
            meters.rejected(answer.status() < 500 ? Fault.INVALID_REQUEST : Fault.OVERLOADED);
        }
        send(response(answer), answer.afterwards());
    }

    private static FullHttpResponse response(HttpAnswer answer) {
        FullHttpResponse response =
                response(HttpResponseStatus.valueOf(answer.status()), answer.contentType(), answer.body());
        answer.headers().forEach(response.headers()::set);
        return response;
    }

    private FullHttpResponse refusal(HttpProblem problem) {
        meters.rejected(Fault.OVERLOADED);
        return response(problem.answer());
    }

    /** Reads on, to see the client leave; a stream may take for ever, so no deadline holds for its writes. */
    private void stream(HttpAnswer answer) {
        StreamedAnswer started = new StreamedAnswer(context, answer.stream());
        if (!context.channel().isActive()) {
            answer.stream().onClosed();
            return;
        }
        context.pipeline().remove(WriteTimeoutHandler.class);
        context.channel().config().setAutoRead(true);
        streaming = started;
        started.start(answer.contentType(), options.idleTimeoutMs() / STREAM_TICKS);
        if (draining) {
            started.stop();
        }
    }

    private void answerMethodNotAllowed(String allowed) {
        FullHttpResponse response =
                error(HttpResponseStatus.METHOD_NOT_ALLOWED, "method_not_allowed", "use " + allowed);
        response.headers().set(HttpHeaderNames.ALLOW, allowed);
        send(response);
    }

    private void answerLater(String code, String detail) {
        FullHttpResponse response = error(HttpResponseStatus.SERVICE_UNAVAILABLE, code, detail);
        response.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
        send(response);
    }

    private void answerMetrics() {
        meters.requests(MetricRoutes.KIND).increment();
        try {
            work.scraper().execute(() -> {
                FullHttpResponse response = scrape();
                context.executor().execute(() -> send(response));
            });
        } catch (RejectedExecutionException busy) {
            answerError(
                    HttpResponseStatus.SERVICE_UNAVAILABLE, "overloaded", "too many scrapes wait; scrape less often");
        }
    }

    private FullHttpResponse scrape() {
        try {
            byte[] text = options.metrics().get().getBytes(StandardCharsets.UTF_8);
            return response(HttpResponseStatus.OK, MetricRoutes.PROMETHEUS_TEXT, text);
        } catch (RuntimeException defect) {
            LOG.error("scrape_failed", defect);
            return error(
                    HttpResponseStatus.INTERNAL_SERVER_ERROR, "internal", "the scrape failed; see the broker's log");
        }
    }

    private void answerLive() {
        meters.requests("health_live").increment();
        answerHealth(options.live().get());
    }

    private void answerReady() {
        meters.requests("health_ready").increment();
        answerHealth(options.ready().get());
    }

    private void answerHealth(Health health) {
        HttpResponseStatus status = health.healthy() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE;
        send(response(status, JSON, Json.health(health)));
    }

    private void answerUndecoded(Throwable cause) {
        HttpResponseStatus status = HttpResponseStatus.BAD_REQUEST;
        if (cause instanceof TooLongHttpLineException) {
            status = HttpResponseStatus.REQUEST_URI_TOO_LONG;
        } else if (cause instanceof TooLongHttpHeaderException) {
            status = HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
        }
        refuse(status, "bad_request", "the request cannot be read: " + cause.getMessage());
    }

    /** Answers and closes, where the beginning of a next request could not be found. */
    void refuse(HttpResponseStatus status, String code, String detail) {
        cancelDeadline();
        meters.rejected(Fault.INVALID_REQUEST);
        LastWord.say(context.channel(), HttpProtocol.rawError(status, code, detail));
    }

    private void answerError(HttpResponseStatus status, String code, String detail) {
        send(error(status, code, detail));
    }

    private FullHttpResponse error(HttpResponseStatus status, String code, String detail) {
        meters.rejected(status.code() < 500 ? Fault.INVALID_REQUEST : Fault.OVERLOADED);
        return response(status, HttpProblem.CONTENT_TYPE, Json.problem(status.code(), code, detail));
    }

    private static FullHttpResponse response(HttpResponseStatus status, String type, byte[] body) {
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
                .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE)
                .set("x-content-type-options", "nosniff");
        return response;
    }

    private void send(FullHttpResponse response) {
        send(response, HttpAnswer.NOTHING);
    }

    private void send(FullHttpResponse response, Runnable afterwards) {
        boolean close = draining;
        if (close) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        int bytes = response.content().readableBytes();
        work.heldBytes().addAndGet(bytes);
        context.writeAndFlush(response).addListener((ChannelFutureListener) sent -> {
            work.heldBytes().addAndGet(-bytes);
            if (close || !sent.isSuccess()) {
                sent.channel().close();
            } else {
                next();
            }
            afterwards.run();
        });
    }

    private void next() {
        FullHttpRequest waiting = pipelined.poll();
        if (waiting != null) {
            begin(waiting);
            return;
        }
        state = State.IDLE;
        closeIn(options.idleTimeoutMs());
        context.channel().config().setAutoRead(true);
    }

    private void closeIn(int timeoutMs) {
        cancelDeadline();
        deadline = context.executor().schedule(() -> context.close(), timeoutMs, TimeUnit.MILLISECONDS);
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
