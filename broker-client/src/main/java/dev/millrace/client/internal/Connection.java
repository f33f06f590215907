package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.Frames.Hello;
import dev.millrace.core.wire.Frames.HelloOk;
import dev.millrace.core.wire.GroupFrames.AssignmentPending;
import dev.millrace.core.wire.MalformedFrameException;
import dev.millrace.core.wire.UnknownFrameException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One TCP connection: greets, numbers requests, hands answers to whoever asked, keeps itself alive. Thread: loop.
 *
 * <pre>
 *   connected ──HELLO──▶ greeting ──HELLO_OK──▶ ready ──any end──▶ closed
 * </pre>
 *
 * What was not answered when it closes is told {@link AnswerHandler#onLost}; nothing is sent again from here.
 */
final class Connection extends ChannelInboundHandlerAdapter {
    private static final long PING_INTERVAL_MS_MAX = 10_000;
    static final int GATHERED_PAYLOAD_BYTES_MAX = 8 << 10;
    private static final int GATHERED_BYTES_INITIAL = 1 << 10;
    private static final int GATHERED_BYTES_MAX = 64 << 10;
    /** The version to offer and the features: none yet. */
    private static final long FEATURES = 0;

    /** Who is told about the connection as a whole. Thread: loop. */
    interface Owner {
        void onReady(Connection connection);

        void onAssignmentPending(AssignmentPending notice);

        void onClosed(Connection connection, MillraceException cause);
    }

    private final ServerAddress server;
    private final Hello hello;
    private final Owner owner;
    private final OpenRequests requests = new OpenRequests();
    private ChannelHandlerContext context;
    private HelloOk helloOk;
    private MillraceException closeCause;
    private boolean closed;
    private boolean flushPending;
    private ByteBuf gathered;
    /** What the next buffer is given at once: as much as the last one came to. */
    private int gatheredBytes = GATHERED_BYTES_INITIAL;

    private ScheduledFuture<?> pinger;
    private ScheduledFuture<?> greetingTimer;
    private boolean readSincePing = true;
    private boolean wroteSincePing = true;
    private boolean pingOpen;

    Connection(ServerAddress server, String clientId, String software, Owner owner) {
        this.server = server;
        this.hello = new Hello(Hello.VERSION, Hello.VERSION, FEATURES, clientId, software);
        this.owner = owner;
    }

    /** What the broker said about itself; null before it is ready. */
    HelloOk greeting() {
        return helloOk;
    }

    /** Sends a request; {@code handler} hears every frame with its id until {@link #forget}, or until the connection ends. */
    int open(Frame request, AnswerHandler handler) {
        return open(request, null, handler);
    }

    /**
     * As {@link #open(Frame, AnswerHandler)}.
     *
     * @param payload where the frame's payload lies, which is kept until it is sent and must not change before; or null
     */
    int open(Frame request, ByteBuf payload, AnswerHandler handler) {
        int requestId = requests.add(handler);
        send(requestId, request, payload);
        return requestId;
    }

    /** Sends a frame under an id that is known already: CREDIT, UNSUBSCRIBE. */
    void send(int requestId, Frame frame) {
        send(requestId, frame, null);
    }

    private void send(int requestId, Frame frame, ByteBuf memory) {
        ByteBuffer payload = frame.payload();
        wroteSincePing = true;
        gather(FrameCodec.encodeHead(requestId, frame));
        if (payload.remaining() <= GATHERED_PAYLOAD_BYTES_MAX) {
            gather(payload);
        } else {
            writeGathered();
            context.write(
                    memory == null ? Unpooled.wrappedBuffer(payload) : memory.retainedDuplicate(),
                    context.voidPromise());
        }
        flushSoon();
    }

    /** A thousand small publishes leave as a few large buffers, not as two thousand small ones. */
    private void gather(ByteBuffer bytes) {
        if (gathered == null) {
            gathered = context.alloc().ioBuffer(Math.max(gatheredBytes, bytes.remaining()));
        }
        gathered.writeBytes(bytes.duplicate());
        if (gathered.readableBytes() >= GATHERED_BYTES_MAX) {
            writeGathered();
        }
    }

    private void writeGathered() {
        if (gathered != null) {
            ByteBuf full = gathered;
            gathered = null;
            gatheredBytes = Math.max(GATHERED_BYTES_INITIAL, Math.min(GATHERED_BYTES_MAX, full.readableBytes()));
            context.write(full, context.voidPromise());
        }
    }

    /** Later frames with this id are dropped without a word. */
    void forget(int requestId) {
        requests.remove(requestId);
    }

    void close(MillraceException cause) {
        if (closeCause == null) {
            closeCause = cause;
        }
        if (context != null) {
            context.close();
        }
    }

    /** All that is written in one turn of the loop leaves with one flush. */
    private void flushSoon() {
        if (!flushPending) {
            flushPending = true;
            context.executor().execute(() -> {
                flushPending = false;
                writeGathered();
                context.flush();
            });
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        this.context = context;
        greetingTimer = context.executor()
                .schedule(
                        () -> close(new MillraceException(
                                Fault.CONNECT_FAILED, server + " accepted the connection but did not greet")),
                        context.channel().config().getConnectTimeoutMillis(),
                        TimeUnit.MILLISECONDS);
        if (context.channel().localAddress().equals(context.channel().remoteAddress())) {
            // TCP lets a socket meet itself where nobody listens on a port that the system gives to clients.
            close(new MillraceException(Fault.CONNECT_FAILED, "nobody listens on " + server));
            return;
        }
        open(hello, new AnswerHandler() {
            @Override
            public void onFrame(Frame frame) {
                onGreeting(frame);
            }

            @Override
            public void onLost(MillraceException cause) {
                // The owner hears of it as the end of the connection.
            }
        });
    }

    private void onGreeting(Frame frame) {
        greetingTimer.cancel(false);
        if (frame instanceof Frames.Error error) {
            close(new MillraceException(Fault.ofCode(error.code()), server + " refused: " + error.detail()));
        } else if (!(frame instanceof HelloOk ok)) {
            close(malformed(frame.type() + " where HELLO_OK must stand"));
        } else if (ok.version() != Hello.VERSION) {
            close(new MillraceException(
                    Fault.UNSUPPORTED_VERSION,
                    server + " chose protocol version " + ok.version() + ", this client speaks " + Hello.VERSION));
        } else {
            helloOk = ok;
            long intervalMs =
                    Math.max(1, Math.min(PING_INTERVAL_MS_MAX, ok.limits().idleTimeoutMs() / 3));
            pinger = context.executor()
                    .scheduleAtFixedRate(this::keepAlive, intervalMs, intervalMs, TimeUnit.MILLISECONDS);
            owner.onReady(this);
        }
    }

    /** Pings when either direction was silent; an unanswered ping and a silent broker end the connection. */
    private void keepAlive() {
        if (pingOpen && !readSincePing) {
            close(new MillraceException(Fault.CONNECTION_LOST, server + " did not answer a ping"));
            return;
        }
        if (!pingOpen && (!readSincePing || !wroteSincePing)) {
            pingOpen = true;
            open(new Frames.Ping(), new AnswerHandler() {
                @Override
                public void onFrame(Frame frame) {
                    pingOpen = false;
                }

                @Override
                public void onLost(MillraceException cause) {
                    // The connection is gone and with it the need to know.
                }
            });
        }
        readSincePing = false;
        wroteSincePing = false;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        readSincePing = true;
        if (closeCause != null) {
            return;
        }
        FrameCodec.Envelope envelope = FrameCodec.decode((ByteBuffer) message);
        Frame frame = envelope.frame();
        if (frame instanceof Frames.Ping) {
            send(envelope.requestId(), new Frames.Pong());
        } else if (envelope.requestId() == 0) {
            onUnasked(frame);
        } else {
            AnswerHandler handler = requests.get(envelope.requestId());
            if (handler != null) {
                answer(envelope.requestId(), handler, frame);
            }
        }
    }

    private void answer(int requestId, AnswerHandler handler, Frame frame) {
        if (!handler.staysOpen()) {
            requests.remove(requestId);
        }
        handler.onFrame(frame);
    }

    private void onUnasked(Frame frame) {
        if (frame instanceof AssignmentPending notice) {
            owner.onAssignmentPending(notice);
        } else if (frame instanceof Frames.Error error) {
            close(new MillraceException(
                    Fault.ofCode(error.code()), server + " closed the connection: " + error.detail()));
        } else {
            close(malformed(frame.type() + " frame that belongs to no request"));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
        Throwable cause = error instanceof DecoderException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof MalformedFrameException || cause instanceof UnknownFrameException) {
            close(malformed(cause.getMessage()));
        } else {
            close(new MillraceException(
                    Fault.CONNECTION_LOST, "the connection to " + server + " broke: " + cause.getMessage(), cause));
        }
    }

    private MillraceException malformed(String detail) {
        return new MillraceException(
                Fault.CONNECTION_LOST,
                "closed the connection to " + server + " because it sent what is no Millrace frame: " + detail);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (closed) {
            return;
        }
        closed = true;
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
        greetingTimer.cancel(false);
        if (pinger != null) {
            pinger.cancel(false);
        }
        MillraceException cause = closeCause != null
                ? closeCause
                : new MillraceException(Fault.CONNECTION_LOST, server + " closed the connection");
        closeCause = cause;
        List<AnswerHandler> unanswered = requests.takeAll();
        owner.onClosed(this, cause);
        unanswered.forEach(handler -> handler.onLost(cause));
    }
}
