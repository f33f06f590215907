package dev.millrace.server.protocol.wire;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.MalformedFrameException;
import dev.millrace.core.wire.UnknownFrameException;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.net.LastWord;
import dev.millrace.server.net.Listener;
import dev.millrace.server.net.ReadBrake;
import dev.millrace.server.protocol.wire.MemberRegistry.MemberKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One native connection: greets, hands each frame to the broker, answers when the broker is done.
 *
 * <pre>
 *  GREETING ──HELLO──▶ SERVING ──drain──▶ DRAINING ──last answer──▶ CLOSING
 *      └───────── bad frame, time-out ──────┴──────────────────────▶ CLOSING
 * </pre>
 *
 * <p>Thread: event loop, but for what says otherwise.
 */
final class WireConnection extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(WireConnection.class);
    /** Features of the protocol that can be negotiated; version 1 has none. */
    private static final long FEATURES = 0;
    /** What a request costs beside its bytes while it waits: without it, tiny requests would be free. */
    private static final int REQUEST_OVERHEAD_BYTES = 512;

    private enum State {
        GREETING,
        SERVING,
        DRAINING,
        CLOSING
    }

    private final WireProtocol protocol;
    private final ConnectionLimits limits;
    private final Set<MemberKey> members = ConcurrentHashMap.newKeySet();
    private State state = State.GREETING;
    private ChannelHandlerContext context;
    private volatile Outbox outbox;
    private ReadBrake brake;
    private UnsentBytes unsent;
    private Subscriptions subscriptions;
    private TransactionRequests transactions;
    private RequestRouter router;
    private PublishBurst publishes;
    private Future<?> helloDeadline;
    private boolean inInput;
    private int requestsOpen;

    WireConnection(WireProtocol protocol) {
        this.protocol = protocol;
        this.limits = protocol.options().limits();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        brake = new ReadBrake(
                added.channel(),
                protocol.inFlight(),
                limits.inFlightBytesPerConnection(),
                4L * Listener.UNSENT_BYTES_HIGH);
        outbox = new Outbox(added, this::beforeFlush);
        unsent = new UnsentBytes(added, outbox, protocol.inFlight().peers(), this::cutOff);
        outbox.onFlushed(unsent::look);
        subscriptions = new Subscriptions(
                protocol.broker(),
                protocol.options(),
                new Subscriptions.WayOut(outbox, unsent),
                protocol.meters().deliveries());
        transactions = new TransactionRequests(protocol.broker());
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        helloDeadline = active.executor()
                .schedule(
                        () -> fail(Fault.IDLE_TIMEOUT, "no HELLO within " + limits.helloTimeoutMs() + " ms"),
                        limits.helloTimeoutMs(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object message) {
        if (!inInput) {
            inInput = true;
            outbox.beginInput();
        }
        ByteBuf body = (ByteBuf) message;
        if (state == State.CLOSING) {
            body.release();
            return;
        }
        onFrame(body);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext reading) {
        if (inInput) {
            submitPublishes();
            inInput = false;
            outbox.endInput();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext changed) {
        brake.checkUnsent();
        // A turn, not deliveries at once: we may be deep in a flush, and others wait for the event loop.
        outbox.schedule();
    }

    @Override
    public void channelInactive(ChannelHandlerContext inactive) {
        submitPublishes();
        state = State.CLOSING;
        cancelHelloDeadline();
        subscriptions.close();
        transactions.close();
        outbox.discard();
        unsent.close();
        for (MemberKey member : members) {
            protocol.members().remove(member, this);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext on, Object event) {
        if (!(event instanceof IdleStateEvent idle)) {
            return;
        }
        if (idle.state() == IdleState.READER_IDLE && !brake.isPaused()) {
            fail(Fault.IDLE_TIMEOUT, "no frame was received for " + limits.idleTimeoutMs() + " ms");
        } else if (idle.state() == IdleState.WRITER_IDLE && !on.channel().isWritable()) {
            // Nothing moved for the whole time although the peer has much to take: it is gone, or as good as gone.
            LOG.debug("connection_stuck peer={}", on.channel().remoteAddress());
            on.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext on, Throwable cause) {
        if (cause instanceof FaultException failure) {
            fail(failure);
        } else if (cause instanceof IOException) {
            LOG.debug("connection_lost peer={} cause=\"{}\"", on.channel().remoteAddress(), cause.getMessage());
            on.close();
        } else {
            fail(FaultFrames.faultOf(cause));
        }
    }

    boolean isPaused() {
        return brake.isPaused();
    }

    /** Memory is short, and the peer takes nothing of what waits for it, so that it could not be told either. */
    private void cutOff() {
        LOG.debug("connection_cut_off peer={}", context.channel().remoteAddress());
        protocol.meters().rejected(Fault.OVERLOADED);
        context.close();
    }

    /** Groups' members that spoke through this connection. Thread: any. */
    Set<MemberKey> members() {
        return members;
    }

    /** Thread: any. */
    boolean isOpen() {
        return context.channel().isActive();
    }

    Subscriptions subscriptions() {
        return subscriptions;
    }

    /** Thread: event loop. */
    TransactionRequests transactions() {
        return transactions;
    }

    /** Sends a frame unasked. Thread: any. */
    void push(Frame frame) {
        outbox.execute(() -> outbox.write(0, frame));
    }

    /** Refuses what comes from now on, and closes after the last answer. Thread: any. */
    void drain() {
        if (outbox != null) {
            outbox.execute(this::beginDrain);
        }
    }

    private void onFrame(ByteBuf body) {
        int bytes = REQUEST_OVERHEAD_BYTES + body.readableBytes();
        FrameCodec.Envelope envelope;
        try {
            envelope = FrameCodec.decode(body.nioBuffer());
        } catch (UnknownFrameException unknown) {
            body.release();
            onUnknown(unknown);
            return;
        } catch (MalformedFrameException malformed) {
            body.release();
            fail(Fault.INVALID_REQUEST, malformed.getMessage());
            return;
        }
        protocol.countRequest(envelope.frame().type());
        if (state == State.GREETING) {
            body.release();
            greet(envelope);
        } else if (envelope.requestId() == 0) {
            body.release();
            fail(Fault.INVALID_REQUEST, envelope.frame().type() + " with request id 0, which names the connection");
        } else {
            request(envelope, bytes, body);
        }
    }

    private void onUnknown(UnknownFrameException unknown) {
        if (state == State.GREETING || unknown.requestId() == 0) {
            fail(Fault.UNKNOWN_FRAME, unknown.getMessage());
        } else {
            FaultException failure = new FaultException(Fault.UNKNOWN_FRAME, unknown.getMessage());
            outbox.execute(() -> writeError(unknown.requestId(), failure));
        }
    }

    private void greet(FrameCodec.Envelope envelope) {
        if (!(envelope.frame() instanceof Frames.Hello hello)) {
            fail(Fault.INVALID_REQUEST, envelope.frame().type() + " where HELLO must be the first frame");
            return;
        }
        if (hello.versionMin() > Frames.Hello.VERSION || hello.versionMax() < Frames.Hello.VERSION) {
            fail(
                    Fault.UNSUPPORTED_VERSION,
                    "the client speaks versions " + hello.versionMin() + " to " + hello.versionMax()
                            + ", the broker versions " + Frames.Hello.VERSION + " to " + Frames.Hello.VERSION);
            return;
        }
        cancelHelloDeadline();
        state = State.SERVING;
        router = protocol.routerFor(new Actor(protocol.name(), hello.clientId(), peerAddress()));
        publishes = new PublishBurst(router.logs(), outbox, this::answer);
        context.pipeline().get(FrameDecoder.class).setFrameBytesMax(limits.frameBytesMax());
        Frames.HelloOk answer = new Frames.HelloOk(
                Frames.Hello.VERSION,
                hello.features() & FEATURES,
                protocol.broker().clusterId(),
                protocol.options().software(),
                new Frames.HelloOk.Limits(
                        limits.frameBytesMax(),
                        limits.messageBytesMax(),
                        limits.inFlightBytesPerConnection(),
                        limits.idleTimeoutMs()));
        outbox.execute(() -> outbox.write(envelope.requestId(), answer));
    }

    /** Owns the body. Of a publish it stays until the broker is done with the bytes, which are appended from it. */
    private void request(FrameCodec.Envelope envelope, int bytes, ByteBuf body) {
        int requestId = envelope.requestId();
        requestsOpen++;
        brake.add(bytes);
        if (state == State.SERVING && envelope.frame() instanceof Frames.Publish publish) {
            publishes.add(requestId, bytes, publish, body);
            return;
        }
        submitPublishes();
        CompletableFuture<Frame> answer;
        try {
            if (state == State.DRAINING) {
                throw new FaultException(Fault.SHUTTING_DOWN, "the broker is stopping");
            }
            answer = router.handle(requestId, envelope.frame(), this);
        } catch (RuntimeException failure) {
            answer = CompletableFuture.failedFuture(failure);
        }
        body.release();
        answer.whenComplete((frame, error) -> outbox.execute(() -> answer(requestId, bytes, frame, error)));
    }

    private void submitPublishes() {
        if (publishes != null) {
            publishes.submit();
        }
    }

    private void answer(int requestId, int requestBytes, Frame frame, Throwable error) {
        requestsOpen--;
        brake.release(requestBytes);
        if (error != null) {
            writeError(requestId, FaultFrames.faultOf(error));
        } else if (frame != null) {
            writeAnswer(requestId, frame);
        }
        closeWhenDrained();
    }

    private void writeAnswer(int requestId, Frame frame) {
        ByteBuffer bytes = FrameCodec.encodeHead(requestId, frame);
        int length = bytes.remaining() - FrameCodec.LENGTH_BYTES;
        if (length > limits.frameBytesMax()) {
            String detail = "the answer takes " + length + " bytes where " + limits.frameBytesMax()
                    + " are allowed; ask for less at a time";
            writeError(requestId, new FaultException(Fault.FRAME_TOO_LARGE, detail));
        } else {
            outbox.write(bytes);
        }
    }

    private void writeError(int requestId, FaultException failure) {
        protocol.meters().rejected(failure.fault());
        outbox.write(requestId, FaultFrames.error(failure));
    }

    private void beginDrain() {
        if (state == State.CLOSING || state == State.DRAINING) {
            return;
        }
        state = State.DRAINING;
        subscriptions.endAll(new FaultException(Fault.SHUTTING_DOWN, "the broker is stopping"));
        closeWhenDrained();
    }

    private void closeWhenDrained() {
        if (state == State.DRAINING && requestsOpen == 0) {
            fail(Fault.SHUTTING_DOWN, "the broker is stopping");
        }
    }

    private void fail(Fault fault, String detail) {
        fail(new FaultException(fault, detail));
    }

    /** The connection itself is at fault: says so and closes. */
    private void fail(FaultException failure) {
        if (state == State.CLOSING) {
            return;
        }
        state = State.CLOSING;
        cancelHelloDeadline();
        LOG.debug(
                "connection_closed peer={} fault={} detail=\"{}\"",
                context.channel().remoteAddress(),
                failure.fault(),
                failure.detail());
        protocol.meters().rejected(failure.fault());
        subscriptions.close();
        outbox.flush();
        LastWord.say(context.channel(), Unpooled.wrappedBuffer(FrameCodec.encode(0, FaultFrames.error(failure))));
    }

    private void beforeFlush() {
        if (state == State.SERVING) {
            subscriptions.pump();
        }
        brake.checkUnsent();
    }

    private String peerAddress() {
        return context.channel().remoteAddress() instanceof InetSocketAddress peer
                ? peer.getHostString() + ":" + peer.getPort()
                : String.valueOf(context.channel().remoteAddress());
    }

    private void cancelHelloDeadline() {
        if (helloDeadline != null) {
            helloDeadline.cancel(false);
        }
    }
}
