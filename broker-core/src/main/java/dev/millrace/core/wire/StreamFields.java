package dev.millrace.core.wire;

import java.nio.ByteBuffer;

/** Fields of streams' frames: bytes are copied, because a frame's own are gone once it was handled. */
final class StreamFields {
    private StreamFields() {}

    static byte[] bytes(FieldReader in) {
        byte[] bytes = bytesOrNull(in);
        if (bytes == null) {
            throw new MalformedFrameException("required bytes are missing");
        }
        return bytes;
    }

    static byte[] bytesOrNull(FieldReader in) {
        ByteBuffer view = in.readBytes();
        if (view == null) {
            return null;
        }
        byte[] bytes = new byte[view.remaining()];
        view.get(bytes);
        return bytes;
    }

    static void writeBytes(FieldWriter out, byte[] bytes) {
        out.writeBytes(bytes == null ? null : ByteBuffer.wrap(bytes));
    }

    static long[] longs(FieldReader in) {
        int count = in.readInt();
        if (count < 0 || count > in.remaining() / Long.BYTES) {
            throw new MalformedFrameException("a list of " + count + " where " + in.remaining() + " bytes are left");
        }
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = in.readLong();
        }
        return values;
    }

    static void writeLongs(FieldWriter out, long[] values) {
        out.writeInt(values.length);
        for (long value : values) {
            out.writeLong(value);
        }
    }
}
