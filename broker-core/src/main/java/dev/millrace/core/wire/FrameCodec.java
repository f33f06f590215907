package dev.millrace.core.wire;

import java.nio.ByteBuffer;

/**
 * Puts frames into their envelope and takes them out. Sans I/O: bytes in, objects out.
 *
 * <pre>
 *  0        4      5       6          8            12
 *  | length | type | flags | reserved | request id | fields … | payload … |
 *    u32      u8     u8=0    u16=0      u32
 * </pre>
 *
 * {@code length} counts the bytes after itself. An answer carries the request id of its request; frames that a broker
 * sends unasked carry the id of the subscription, or 0.
 */
public final class FrameCodec {
    public static final int LENGTH_BYTES = 4;
    /** Bytes of the envelope that {@code length} counts. */
    public static final int HEADER_BYTES = 8;

    private FrameCodec() {}

    /** A frame and the request that it belongs to. */
    public record Envelope(int requestId, Frame frame) {}

    /** Everything of the frame before its payload; the length field already counts the payload. */
    public static ByteBuffer encodeHead(int requestId, Frame frame) {
        FieldWriter out = new FieldWriter(96);
        out.writeInt(0).writeByte(frame.type().id()).writeByte(0).writeShort(0).writeInt(requestId);
        frame.write(out);
        out.setInt(0, Math.addExact(out.size() - LENGTH_BYTES, frame.payload().remaining()));
        return out.toByteBuffer();
    }

    /** The whole frame in one buffer, for tests and small frames. */
    public static ByteBuffer encode(int requestId, Frame frame) {
        ByteBuffer head = encodeHead(requestId, frame);
        ByteBuffer whole =
                ByteBuffer.allocate(head.remaining() + frame.payload().remaining());
        return whole.put(head).put(frame.payload().duplicate()).flip();
    }

    /**
     * Decodes one frame from the bytes after the length field. Payload and byte fields are views of {@code body}.
     *
     * <p>Fails: {@link UnknownFrameException} for a type this version does not know, {@link MalformedFrameException} for
     * bytes that are not the type's fields, for set flags, and for bytes left over.
     */
    public static Envelope decode(ByteBuffer body) {
        FieldReader in = new FieldReader(body);
        int typeId = in.readByte() & 0xff;
        int flags = in.readByte() | in.readShort();
        int requestId = in.readInt();
        FrameType type = FrameType.ofId(typeId);
        if (type == null) {
            throw new UnknownFrameException(requestId, typeId);
        }
        if (flags != 0) {
            throw new MalformedFrameException(type + " frame with flags that this version does not know");
        }
        Frame frame = type.read(in);
        if (in.remaining() > 0) {
            throw new MalformedFrameException(type + " frame with " + in.remaining() + " bytes too many");
        }
        return new Envelope(requestId, frame);
    }
}
