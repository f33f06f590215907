package dev.millrace.core.compression;

import java.nio.ByteBuffer;

/** The remaining bytes of a buffer as a range of an array; copies only when the buffer has none. */
record SourceBytes(byte[] array, int offset, int length) {
    static SourceBytes of(ByteBuffer source) {
        if (source.hasArray()) {
            return new SourceBytes(source.array(), source.arrayOffset() + source.position(), source.remaining());
        }
        byte[] copy = new byte[source.remaining()];
        source.get(source.position(), copy);
        return new SourceBytes(copy, 0, copy.length);
    }

    int end() {
        return offset + length;
    }
}
