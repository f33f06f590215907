package dev.millrace.core.log;

import java.nio.ByteBuffer;

/**
 * The header of what one commit appended to one partition; record batches follow it.
 *
 * <pre>
 *  0         1       2          4            8               16             24
 *  | version | flags | reserved | base delta | max timestamp | append time  | batches …
 *    u8        u8      u16        u32          i64             i64
 * </pre>
 *
 * The last offset is in the key; base offset = last offset - base delta.
 *
 * @param bytes size of the batches, without this header
 */
record Chunk(long baseOffset, long lastOffset, long maxTimestampMs, long appendTimeMs, int bytes) {
    static final int HEADER_BYTES = 24;

    private static final byte VERSION = 1;

    void writeHeader(ByteBuffer out) {
        out.put(VERSION).put((byte) 0).putShort((short) 0).putInt((int) (lastOffset - baseOffset));
        out.putLong(maxTimestampMs).putLong(appendTimeMs);
    }

    /** Reads the header at the buffer's position, which stays. Fails: IllegalStateException on another version. */
    static Chunk readHeader(long lastOffset, ByteBuffer in) {
        int at = in.position();
        if (in.remaining() < HEADER_BYTES || in.get(at) != VERSION) {
            throw new IllegalStateException(
                    "chunk ending at offset " + lastOffset + " has no header of version " + VERSION);
        }
        long baseOffset = lastOffset - Integer.toUnsignedLong(in.getInt(at + 4));
        return new Chunk(
                baseOffset, lastOffset, in.getLong(at + 8), in.getLong(at + 16), in.remaining() - HEADER_BYTES);
    }
}
