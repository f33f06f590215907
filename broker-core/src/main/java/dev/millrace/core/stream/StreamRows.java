package dev.millrace.core.stream;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** Keys and small values of the streams' rows, big-endian. */
final class StreamRows {
    static final byte PURGE_PREFIX = 'E';
    /** Before a tag in the rows of tags. */
    static final byte TAG = 0;
    /** Before a type in the rows of tags: types are found the same way. */
    static final byte TYPE = 1;

    /** After every key that begins with a number of four bytes. */
    static final byte[] AFTER_ALL = {-1, -1, -1, -1, -1};

    private StreamRows() {}

    static byte[] head(StreamKey stream) {
        return head(stream.partitionId(), stream.key());
    }

    static byte[] head(int partitionId, byte[] key) {
        return ByteBuffer.allocate(4 + key.length).putInt(partitionId).put(key).array();
    }

    static byte[] keyOfHead(byte[] row) {
        return Arrays.copyOfRange(row, 4, row.length);
    }

    static byte[] partition(int partitionId) {
        return ByteBuffer.allocate(4).putInt(partitionId).array();
    }

    /** The first key after all with this prefix. */
    static byte[] after(byte[] prefix) {
        byte[] next = prefix.clone();
        for (int i = next.length - 1; i >= 0; i--) {
            if (++next[i] != 0) {
                return Arrays.copyOf(next, i + 1);
            }
        }
        return AFTER_ALL;
    }

    /** The next key in byte order. */
    static byte[] successor(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    /** Of snapshots, and of the index by the last version of a run. */
    static byte[] event(int partitionId, long streamId, long version) {
        return ByteBuffer.allocate(20)
                .putInt(partitionId)
                .putLong(streamId)
                .putLong(version)
                .array();
    }

    static long versionOf(byte[] eventRow) {
        return ByteBuffer.wrap(eventRow).getLong(12);
    }

    static byte[] tag(int partitionId, byte kind, byte[] tag, long offset) {
        return ByteBuffer.allocate(15 + tag.length)
                .putInt(partitionId)
                .put(kind)
                .putShort((short) tag.length)
                .put(tag)
                .putLong(offset)
                .array();
    }

    static long offsetOfTag(byte[] row) {
        return ByteBuffer.wrap(row).getLong(row.length - 8);
    }

    static byte[] u64(long value) {
        return ByteBuffer.allocate(8).putLong(value).array();
    }

    /** In META: what was erased and is not known to have left the disk. */
    static byte[] purge(StreamKey stream) {
        return ByteBuffer.allocate(5 + stream.key().length)
                .put(PURGE_PREFIX)
                .putInt(stream.partitionId())
                .put(stream.key())
                .array();
    }
}
