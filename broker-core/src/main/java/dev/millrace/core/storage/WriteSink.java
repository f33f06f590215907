package dev.millrace.core.storage;

import java.nio.ByteBuffer;

/** Collects the changes of one commit; they become visible and durable together or not at all. Thread: shard. */
public interface WriteSink {
    /** Neither array may be changed from now on. */
    void put(Table table, byte[] key, byte[] value);

    /** The array may not be changed from now on. */
    void delete(Table table, byte[] key);

    /**
     * Deletes the rows from {@code fromInclusive} to {@code toExclusive}, at the cost of one change. Not in SEGMENT and
     * PRODUCER.
     */
    void deleteRange(Table table, byte[] fromInclusive, byte[] toExclusive);

    /**
     * Puts other bytes in the place of a chunk that was committed before. The old bytes leave the disk with {@link
     * Store#purge}.
     *
     * @param chunk as for {@link #appendChunk}
     */
    void replaceChunk(int generation, int partition, long lastOffset, ByteBuffer chunk);

    /**
     * Appends one chunk of a partition's log under {@code (generation, partition, lastOffset)}.
     *
     * @param generation the store's current generation, see {@link Store#rotate}
     * @param chunk a direct buffer; its bytes from position to limit are copied before the call returns
     */
    void appendChunk(int generation, int partition, long lastOffset, ByteBuffer chunk);

    /** True where nothing was added since {@link Store#begin}: such a commit need not be written. */
    boolean isEmpty();
}
