package dev.millrace.client.internal;

import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.MalformedFrameException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Cuts the stream into frames and copies each once, out of Netty's memory into an array of its own, so that payloads can
 * outlive the read. The array grows with the bytes received, never with the length declared.
 *
 * <p>Thread: loop. Fails: throws {@link MalformedFrameException} once, then drops all input.
 */
final class FrameReader extends ChannelInboundHandlerAdapter {
    /** Until the broker has told its limit. */
    static final int FRAME_BYTES_MAX = 128 << 20;

    /** What is allocated before the bytes have come: a whole delivery, so that it is copied only once. */
    private static final int BODY_BYTES_AHEAD = 1 << 20;

    private int lengthBytesSeen;
    private int length;
    private byte[] body;
    private int filledBytes;
    private boolean failed;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf in = (ByteBuf) message;
        try {
            while (!failed && in.isReadable()) {
                step(context, in);
            }
        } finally {
            in.release();
        }
    }

    private void step(ChannelHandlerContext context, ByteBuf in) {
        if (lengthBytesSeen == 0 && in.readableBytes() >= FrameCodec.LENGTH_BYTES) {
            length = in.readInt();
            lengthBytesSeen = FrameCodec.LENGTH_BYTES;
            begin();
            return;
        }
        if (lengthBytesSeen < FrameCodec.LENGTH_BYTES) {
            length = length << Byte.SIZE | in.readUnsignedByte();
            if (++lengthBytesSeen == FrameCodec.LENGTH_BYTES) {
                begin();
            }
            return;
        }
        int count = Math.min(in.readableBytes(), length - filledBytes);
        if (count > body.length - filledBytes) {
            body = Arrays.copyOf(body, (int) Math.min(length, Math.max(2L * body.length, filledBytes + count)));
        }
        in.readBytes(body, filledBytes, count);
        filledBytes += count;
        if (filledBytes == length) {
            ByteBuffer frame = ByteBuffer.wrap(body);
            body = null;
            lengthBytesSeen = 0;
            length = 0;
            context.fireChannelRead(frame);
        }
    }

    private void begin() {
        if (length < FrameCodec.HEADER_BYTES || length > FRAME_BYTES_MAX) {
            failed = true;
            throw new MalformedFrameException("a frame of " + Integer.toUnsignedString(length) + " bytes where "
                    + FrameCodec.HEADER_BYTES + " to " + FRAME_BYTES_MAX + " are allowed");
        }
        body = new byte[Math.min(length, BODY_BYTES_AHEAD)];
        filledBytes = 0;
    }
}
