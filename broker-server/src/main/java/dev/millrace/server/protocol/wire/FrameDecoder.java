package dev.millrace.server.protocol.wire;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.server.net.PeerMemory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.function.BooleanSupplier;

/**
 * Cuts the byte stream into frames without their length field. A frame that lies in one read is passed on as a slice; a
 * longer one is collected in memory that grows with the bytes received, never with the length declared.
 *
 * <p>Thread: event loop. Fails: fires a {@link FaultException} once, then drops all input.
 */
final class FrameDecoder extends ChannelInboundHandlerAdapter {
    private static final int COLLECT_BYTES_INITIAL = 4 << 10;

    private final PeerMemory peers;
    private final BooleanSupplier paused;
    private PeerMemory.Holding holding;
    private int frameBytesMax;
    private boolean failed;
    private int lengthBytesSeen;
    private int length;
    private ByteBuf collected;

    /**
     * @param peers where what is collected is counted
     * @param paused whether the broker itself has stopped reading, so that the peer cannot finish its frame
     */
    FrameDecoder(int frameBytesMax, PeerMemory peers, BooleanSupplier paused) {
        this.frameBytesMax = frameBytesMax;
        this.peers = peers;
        this.paused = paused;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        holding = peers.open(context.executor(), new UnfinishedFrame(context));
    }

    /** From the next frame on; raised once the peer has said hello. */
    void setFrameBytesMax(int bytes) {
        frameBytesMax = bytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (!failed && in.isReadable() && !context.isRemoved()) {
                step(context, in);
            }
        } finally {
            in.release();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        discard();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        discard();
        context.fireChannelInactive();
    }

    private void step(ChannelHandlerContext context, ByteBuf in) {
        if (lengthBytesSeen == 0 && in.readableBytes() >= FrameCodec.LENGTH_BYTES) {
            length = in.readInt();
            lengthBytesSeen = FrameCodec.LENGTH_BYTES;
            checkLength(context);
            return;
        }
        if (lengthBytesSeen < FrameCodec.LENGTH_BYTES) {
            length = length << 8 | in.readUnsignedByte();
            if (++lengthBytesSeen == FrameCodec.LENGTH_BYTES) {
                checkLength(context);
            }
            return;
        }
        if (collected == null && in.readableBytes() >= length) {
            pass(context, in.readRetainedSlice(length));
            return;
        }
        collect(context, in);
        if (collected.readableBytes() == length) {
            ByteBuf frame = collected;
            collected = null;
            holding.hold(0, true);
            pass(context, frame);
        }
    }

    private void checkLength(ChannelHandlerContext context) {
        if (length >= 0 && length < FrameCodec.HEADER_BYTES) {
            fail(
                    context,
                    Fault.INVALID_REQUEST,
                    "a frame of " + length + " bytes where " + FrameCodec.HEADER_BYTES + " is the least");
        } else if (length < 0 || length > frameBytesMax) {
            long declared = length & 0xffffffffL;
            String detail = "a frame of " + declared + " bytes where " + frameBytesMax + " are allowed";
            fail(context, Fault.FRAME_TOO_LARGE, detail + ForeignProtocol.hint(length));
        }
    }

    private void collect(ChannelHandlerContext context, ByteBuf in) {
        if (collected == null) {
            int capacity = Math.min(length, Math.max(COLLECT_BYTES_INITIAL, in.readableBytes()));
            collected = context.alloc().ioBuffer(capacity, length);
        }
        int count = Math.min(in.readableBytes(), length - collected.readableBytes());
        if (collected.writableBytes() < count) {
            // Twice what has come so far: copying stays linear, and memory within twice the bytes received.
            collected.capacity(Math.min(length, 2 * (collected.readableBytes() + count)));
        }
        collected.writeBytes(in, count);
        holding.hold(collected.capacity(), false);
    }

    private void pass(ChannelHandlerContext context, ByteBuf frame) {
        lengthBytesSeen = 0;
        length = 0;
        context.fireChannelRead(frame);
    }

    private void fail(ChannelHandlerContext context, Fault fault, String detail) {
        failed = true;
        context.fireExceptionCaught(new FaultException(fault, detail));
    }

    /** One frame of many that wait for their rest. */
    private final class UnfinishedFrame implements PeerMemory.Holder {
        private final ChannelHandlerContext context;

        UnfinishedFrame(ChannelHandlerContext context) {
            this.context = context;
        }

        @Override
        public boolean hasMoved() {
            return paused.getAsBoolean();
        }

        @Override
        public void cutOff() {
            String detail = "unfinished frames take too much memory, and this one was begun first: "
                    + collected.readableBytes() + " of " + length + " bytes have come";
            discard();
            fail(context, Fault.OVERLOADED, detail);
        }
    }

    private void discard() {
        failed = true;
        if (collected != null) {
            collected.release();
            collected = null;
        }
        holding.hold(0, true);
    }
}
