package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Telemetry;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames.AssignmentPending;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * The client's way to its broker: keeps one {@link Connection}, replaces it when it ends, and holds calls meanwhile.
 *
 * <pre>
 *   connecting ──ready──▶ up ──closed──▶ pausing (backoff) ──▶ connecting
 *        └──failed──────────────────────▶ pausing
 * </pre>
 *
 * Thread: loop for everything that changes; {@link #call} and {@link #close} from any.
 */
final class Link implements Connection.Owner {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final int READ_BYTES_MIN = 256;
    private static final int READ_BYTES_INITIAL = 2048;
    /** Deliveries are up to 1 MiB: fewer, larger reads. */
    private static final int READ_BYTES_MAX = 256 << 10;

    /** Hears of connections coming and going. Thread: loop. */
    interface Listener {
        void onUp(Connection connection);

        void onDown(MillraceException cause);

        default void onAssignmentPending(AssignmentPending notice) {}
    }

    private final ClientOptions options;
    private final ServerAddress server;
    private final Telemetry telemetry;
    private final EventLoopGroup loopGroup;
    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final Backoff backoff;
    private final CompletableFuture<Void> firstUp = new CompletableFuture<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final Deque<Call> waiting = new ArrayDeque<>();
    private Connection connection;
    private Frames.HelloOk lastGreeting;
    private MillraceException lastFailure;
    private boolean closed;
    private volatile int messageBytesMax = Integer.MAX_VALUE;

    Link(ClientOptions options, RandomGenerator random) {
        this.options = options;
        this.server = ServerAddress.parse(options.server());
        this.telemetry = options.telemetry() == null
                ? null
                : new GuardedTelemetry(options.telemetry()
                        .open(new Telemetry.Client(options.clientId(), server.host(), server.port())));
        this.loopGroup = Transport.newLoop("millrace-client");
        this.loop = loopGroup.next();
        this.backoff =
                new Backoff(options.backoffMin().toNanos(), options.backoffMax().toNanos(), random);
        this.bootstrap = Transport.bootstrap(loopGroup)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(
                        ChannelOption.RECVBUF_ALLOCATOR,
                        new AdaptiveRecvByteBufAllocator(READ_BYTES_MIN, READ_BYTES_INITIAL, READ_BYTES_MAX))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(
                        Integer.MAX_VALUE, Math.max(1, options.connectTimeout().toMillis())));
    }

    /** Connects once; after the first success the link keeps itself up. Fails: CONNECT_FAILED, UNSUPPORTED_VERSION. */
    CompletableFuture<Void> start() {
        loop.execute(this::connect);
        return firstUp;
    }

    EventLoop loop() {
        return loop;
    }

    ServerAddress server() {
        return server;
    }

    ClientOptions options() {
        return options;
    }

    /** Null where the application wants none. Thread: any. */
    Telemetry telemetry() {
        return telemetry;
    }

    /** The largest message that the broker takes, as it last said. Thread: any. */
    int messageBytesMax() {
        return messageBytesMax;
    }

    /** The connection, or null while there is none. Thread: loop. */
    Connection connection() {
        return connection;
    }

    /** Why there is no connection. Thread: loop. */
    MillraceException lastFailure() {
        return lastFailure;
    }

    /** Adds a listener, and tells it at once of a connection that is up. Thread: loop. */
    void addListener(Listener listener) {
        listeners.add(listener);
        if (connection != null) {
            listener.onUp(connection);
        }
    }

    /** Thread: loop. */
    void removeListener(Listener listener) {
        listeners.remove(listener);
    }

    /**
     * Sends a request, waits for a connection where there is none, tries again what may be tried again.
     *
     * @param repeatable whether sending twice does no harm, so that it is sent again after a lost connection
     */
    <A extends Frame> CompletableFuture<A> call(Frame request, Class<A> answerType, boolean repeatable) {
        return call(request, answerType, repeatable, options.requestTimeoutNanos());
    }

    <A extends Frame> CompletableFuture<A> call(
            Frame request, Class<A> answerType, boolean repeatable, long timeoutNanos) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        Call call = new Call(
                this,
                request,
                repeatable,
                frame -> {
                    if (answerType.isInstance(frame)) {
                        answer.complete(answerType.cast(frame));
                    } else {
                        answer.completeExceptionally(new MillraceException(
                                Fault.UNKNOWN_FRAME, server + " answered " + request.type() + " with " + frame.type()));
                    }
                },
                answer::completeExceptionally);
        boolean accepted = onLoop(() -> {
            call.arm(timeoutNanos);
            submit(call);
        });
        if (!accepted) {
            answer.completeExceptionally(closedException());
        }
        return answer;
    }

    /** Runs the task on the loop; false where the link is closed and it never will. Thread: any. */
    boolean onLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** What the broker said about itself when it was last connected. Thread: any. */
    CompletableFuture<Frames.HelloOk> greeting() {
        CompletableFuture<Frames.HelloOk> greeting = new CompletableFuture<>();
        if (!onLoop(() -> greeting.complete(lastGreeting))) {
            greeting.completeExceptionally(closedException());
        }
        return greeting;
    }

    /** Sends now or when the link is up. Thread: loop. */
    void submit(Call call) {
        if (closed) {
            call.fail(closedException());
        } else if (connection != null) {
            call.sendOn(connection);
        } else {
            waiting.add(call);
        }
    }

    /** Thread: loop. */
    void withdraw(Call call) {
        waiting.remove(call);
    }

    static MillraceException closedException() {
        return new MillraceException(Fault.CLIENT_CLOSED, "the client was closed");
    }

    private void connect() {
        if (closed) {
            return;
        }
        Connection next = new Connection(server, options.clientId(), "millrace-java", this);
        bootstrap
                .clone()
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(new FrameReader(), next);
                    }
                })
                .connect(server.host(), server.port())
                .addListener(future -> {
                    if (!future.isSuccess()) {
                        onClosed(
                                next,
                                new MillraceException(
                                        Fault.CONNECT_FAILED,
                                        "no connection to " + server + ": " + reason(future.cause()),
                                        future.cause()));
                    }
                });
    }

    private static String reason(Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        // Netty appends the address, which stands before it already.
        return message.replaceFirst(": \\S*/[^ ]*$", "");
    }

    @Override
    public void onReady(Connection ready) {
        if (closed) {
            ready.close(closedException());
            return;
        }
        connection = ready;
        lastFailure = null;
        backoff.reset();
        lastGreeting = ready.greeting();
        messageBytesMax = ready.greeting().limits().messageBytesMax();
        firstUp.complete(null);
        for (Listener listener : List.copyOf(listeners)) {
            listener.onUp(ready);
        }
        while (!waiting.isEmpty() && connection == ready) {
            waiting.poll().sendOn(ready);
        }
    }

    @Override
    public void onAssignmentPending(AssignmentPending notice) {
        List.copyOf(listeners).forEach(listener -> listener.onAssignmentPending(notice));
    }

    @Override
    public void onClosed(Connection gone, MillraceException cause) {
        boolean wasUp = connection == gone;
        connection = null;
        lastFailure = cause;
        if (closed || firstUp.completeExceptionally(cause)) {
            return;
        }
        if (wasUp) {
            LOG.log(System.Logger.Level.INFO, "connection.lost server={0} cause={1}", server, cause.detail());
            List.copyOf(listeners).forEach(listener -> listener.onDown(cause));
        }
        if (!cause.retriable()) {
            // A broker of another version does not get better by waiting: say so now.
            List.copyOf(waiting).forEach(call -> call.fail(cause));
            waiting.clear();
        }
        loop.schedule(this::connect, backoff.nextNanos(), TimeUnit.NANOSECONDS);
    }

    /** Ends the connection and fails what waits. Safe to call twice. */
    CompletableFuture<Void> close() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (loopGroup.isShuttingDown()) {
            done.complete(null);
            return done;
        }
        loop.execute(() -> {
            closed = true;
            MillraceException cause = closedException();
            List.copyOf(waiting).forEach(call -> call.fail(cause));
            waiting.clear();
            if (connection != null) {
                connection.close(cause);
            }
            List.copyOf(listeners).forEach(listener -> listener.onDown(cause));
            loopGroup.shutdownGracefully(0, 2, TimeUnit.SECONDS).addListener(future -> done.complete(null));
        });
        return done;
    }
}
