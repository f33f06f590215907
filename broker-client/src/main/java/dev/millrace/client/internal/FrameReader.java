package dev.millrace.client.internal;

import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.MalformedFrameException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.ByteBuffer;
import java.util.List;

/** Cuts the stream into frames and copies each out of Netty's memory, so that payloads can outlive the read. */
final class FrameReader extends ByteToMessageDecoder {
    /** Until the broker has told its limit. */
    static final int FRAME_BYTES_MAX = 128 << 20;

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (in.readableBytes() < FrameCodec.LENGTH_BYTES) {
            return;
        }
        int bodyBytes = in.getInt(in.readerIndex());
        if (bodyBytes < FrameCodec.HEADER_BYTES || bodyBytes > FRAME_BYTES_MAX) {
            throw new MalformedFrameException("a frame of " + Integer.toUnsignedString(bodyBytes) + " bytes where "
                    + FrameCodec.HEADER_BYTES + " to " + FRAME_BYTES_MAX + " are allowed");
        }
        if (in.readableBytes() - FrameCodec.LENGTH_BYTES < bodyBytes) {
            return;
        }
        byte[] body = new byte[bodyBytes];
        in.skipBytes(FrameCodec.LENGTH_BYTES).readBytes(body);
        out.add(ByteBuffer.wrap(body));
    }
}
