package dev.millrace.core.storage;

import java.nio.ByteBuffer;

/**
 * The key of a chunk: {@code generation u32 | partition u32 | lastOffset u64}, big-endian.
 *
 * <p>By last offset, so that one forward seek to an offset lands on the chunk that contains it.
 */
final class LogKey {
    static final int BYTES = 16;
    /** Generation and partition. */
    static final int PREFIX_BYTES = 8;

    private static final int LAST_OFFSET_AT = 8;

    private LogKey() {}

    static void encode(ByteBuffer key, int generation, int partition, long lastOffset) {
        key.clear();
        key.putLong(prefix(generation, partition)).putLong(lastOffset).flip();
    }

    static byte[] encode(int generation, int partition, long lastOffset) {
        byte[] key = new byte[BYTES];
        encode(ByteBuffer.wrap(key), generation, partition, lastOffset);
        return key;
    }

    /** The first key after all chunks of this partition in this generation. */
    static byte[] endOfPartition(int generation, int partition) {
        return ByteBuffer.allocate(Long.BYTES)
                .putLong(prefix(generation, partition) + 1)
                .array();
    }

    /** The first key of a generation. */
    static byte[] startOfGeneration(int generation) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(generation).array();
    }

    static int generation(byte[] key) {
        return ByteBuffer.wrap(key).getInt(0);
    }

    static long lastOffset(ByteBuffer key) {
        return key.getLong(LAST_OFFSET_AT);
    }

    private static long prefix(int generation, int partition) {
        return (long) generation << Integer.SIZE | Integer.toUnsignedLong(partition);
    }
}
