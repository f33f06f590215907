package dev.millrace.core.log;

import java.nio.ByteBuffer;

/**
 * A run of offsets of one partition inside one generation: what the segment map knows, immutable.
 *
 * <p>Row in SEGMENT: {@code partition u32, base offset u64} → version u8, generation u32, last offset u64, largest
 * timestamp i64, first and last append time i64, bytes u64.
 *
 * @param lastAppendMs retention by time counts from here: the broker's clock, so that no client's clock deletes data
 */
record Segment(
        long baseOffset,
        long lastOffset,
        int generation,
        long maxTimestampMs,
        long firstAppendMs,
        long lastAppendMs,
        long bytes) {
    private static final byte ROW_VERSION = 1;

    Segment extendedBy(Chunk chunk) {
        return new Segment(
                baseOffset,
                chunk.lastOffset(),
                generation,
                Math.max(maxTimestampMs, chunk.maxTimestampMs()),
                firstAppendMs,
                Math.max(lastAppendMs, chunk.appendTimeMs()),
                bytes + chunk.bytes());
    }

    static Segment startedBy(Chunk chunk, int generation) {
        return new Segment(
                chunk.baseOffset(),
                chunk.lastOffset(),
                generation,
                chunk.maxTimestampMs(),
                chunk.appendTimeMs(),
                chunk.appendTimeMs(),
                chunk.bytes());
    }

    byte[] encode() {
        return ByteBuffer.allocate(45)
                .put(ROW_VERSION)
                .putInt(generation)
                .putLong(lastOffset)
                .putLong(maxTimestampMs)
                .putLong(firstAppendMs)
                .putLong(lastAppendMs)
                .putLong(bytes)
                .array();
    }

    static Segment decode(long baseOffset, byte[] row) {
        ByteBuffer in = ByteBuffer.wrap(row);
        byte version = in.get();
        if (version != ROW_VERSION) {
            throw new IllegalStateException(
                    "segment row of version " + version + ", this version reads " + ROW_VERSION);
        }
        int generation = in.getInt();
        long lastOffset = in.getLong();
        return new Segment(baseOffset, lastOffset, generation, in.getLong(), in.getLong(), in.getLong(), in.getLong());
    }
}
