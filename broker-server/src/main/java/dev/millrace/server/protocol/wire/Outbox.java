package dev.millrace.server.protocol.wire;

import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.FrameCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The way out of a connection. Other threads hand in tasks; the event loop runs all that are waiting, gathers their
 * small frames in one buffer, and flushes once: a commit of the broker that answers a hundred publishes costs one write.
 */
final class Outbox {
    /** A gathered buffer is handed to the channel at this size, so that the channel's water marks see it. */
    private static final int GATHER_BYTES = 32 << 10;

    private static final int GATHER_BYTES_INITIAL = 512;
    /** Then other connections of the event loop have their turn. */
    private static final int TASKS_PER_TURN = 2048;

    private final ChannelHandlerContext context;
    private final Runnable onTurnEnd;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private Runnable onFlushed = () -> {};
    private long bytesWritten;
    private ByteBuf gathered;
    /** What the next buffer is given at once: as much as the last one came to. */
    private int gatheredBytes = GATHER_BYTES_INITIAL;

    private boolean inTurn;

    /** @param onTurnEnd runs in the event loop before each flush: the place for deliveries */
    Outbox(ChannelHandlerContext context, Runnable onTurnEnd) {
        this.context = context;
        this.onTurnEnd = onTurnEnd;
    }

    /** Called after each flush. Thread: event loop. */
    void onFlushed(Runnable listener) {
        onFlushed = listener;
    }

    /** All that was handed to the channel so far. Thread: event loop. */
    long bytesWritten() {
        return bytesWritten;
    }

    /** Runs a task in the event loop, after those handed in before. Thread: any. */
    void execute(Runnable task) {
        tasks.add(task);
        if (!(context.executor().inEventLoop() && inTurn)) {
            schedule();
        }
    }

    /** Asks for a turn. Thread: any. */
    void schedule() {
        if (!scheduled.compareAndSet(false, true)) {
            return;
        }
        try {
            context.executor().execute(this::turn);
        } catch (RejectedExecutionException stopped) {
            // The event loop has ended and with it the connection; nobody waits for an answer.
            tasks.clear();
        }
    }

    /** Input follows, until {@link #endInput}: answers to it are flushed together. Thread: event loop. */
    void beginInput() {
        inTurn = true;
    }

    void endInput() {
        endTurn();
    }

    /** Thread: event loop. */
    void write(int requestId, Frame frame) {
        if (frame.payload().hasRemaining()) {
            throw new IllegalArgumentException("a payload needs an owner: " + frame.type());
        }
        write(FrameCodec.encodeHead(requestId, frame));
    }

    /** Writes an encoded frame. Thread: event loop. */
    void write(ByteBuffer frame) {
        if (!context.channel().isActive()) {
            return;
        }
        if (gathered == null) {
            gathered = context.alloc().ioBuffer(Math.max(gatheredBytes, frame.remaining()));
        }
        gathered.writeBytes(frame);
        if (gathered.readableBytes() >= GATHER_BYTES) {
            writeGathered();
        }
        if (!inTurn) {
            schedule();
        }
    }

    /** Writes a frame's head and its payload without copying; {@code release} runs once when the payload is no longer needed. */
    void write(ByteBuffer head, ByteBuffer payload, Runnable release) {
        write(head);
        writeGathered();
        bytesWritten += payload.remaining();
        context.write(Unpooled.wrappedBuffer(payload)).addListener(done -> release.run());
        if (!inTurn) {
            schedule();
        }
    }

    boolean isWritable() {
        return context.channel().isWritable();
    }

    Channel channel() {
        return context.channel();
    }

    /** Drops what was not handed to the channel. Thread: event loop, when the connection is gone. */
    void discard() {
        if (gathered != null) {
            gathered.release();
            gathered = null;
        }
    }

    private void turn() {
        scheduled.set(false);
        inTurn = true;
        endTurn();
    }

    private void endTurn() {
        runTasks();
        onTurnEnd.run();
        inTurn = false;
        flush();
        if (!tasks.isEmpty()) {
            schedule();
        }
    }

    private void runTasks() {
        for (int i = 0; i < TASKS_PER_TURN; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            task.run();
        }
    }

    /** Sends what was written. Thread: event loop. */
    void flush() {
        writeGathered();
        context.flush();
        onFlushed.run();
    }

    private void writeGathered() {
        if (gathered != null) {
            ByteBuf bytes = gathered;
            gathered = null;
            gatheredBytes = Math.max(GATHER_BYTES_INITIAL, Math.min(GATHER_BYTES, bytes.readableBytes()));
            bytesWritten += bytes.readableBytes();
            context.write(bytes);
        }
    }
}
