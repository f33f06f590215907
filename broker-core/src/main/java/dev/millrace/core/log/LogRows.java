package dev.millrace.core.log;

import java.nio.ByteBuffer;

/** Keys and small values of the log's rows, big-endian. */
final class LogRows {
    static final byte BOUNDS_PREFIX = 'L';
    static final byte[] GENERATION_KEY = {'G'};

    private LogRows() {}

    static byte[] partitionOffset(int partitionId, long offset) {
        return ByteBuffer.allocate(12).putInt(partitionId).putLong(offset).array();
    }

    /** In META: log start and end of a partition. */
    static byte[] boundsKey(int partitionId) {
        return ByteBuffer.allocate(5).put(BOUNDS_PREFIX).putInt(partitionId).array();
    }

    static byte[] u64(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    static byte[] twoU64(long first, long second) {
        return ByteBuffer.allocate(16).putLong(first).putLong(second).array();
    }
}
