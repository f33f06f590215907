package dev.millrace.core.storage;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * Ordered tables and a chunked log, written in atomic commits whose durability is asked for separately.
 *
 * <p>Thread: {@link #begin}, {@link #commit} and {@link #rotate} belong to the shard thread; {@link #sync} to one syncer
 * thread; reads may come from any thread. Reads see committed data that is not yet durable: callers bound what they
 * expose by what {@link #sync} returned.
 *
 * <p>Fails: every method throws {@link StoreException}. After a failed {@link #commit} or {@link #sync} the store must
 * not be written again; the owner halts, and recovery at the next open decides what was durable.
 */
public interface Store extends AutoCloseable {
    /** For {@link #scanLog(int, int, long, long, ChunkVisitor)}: what the store's options say. */
    long AHEAD_AS_CONFIGURED = -1;

    /** The sink of the next commit, empty. The same object each time. */
    WriteSink begin();

    /**
     * Writes what the sink holds, atomically, without waiting for the disk. Returns its sequence: strictly increasing. An
     * empty sink writes nothing and answers the newest sequence.
     */
    long commit(WriteSink sink);

    /**
     * From now on a commit for which there is no room fails; until now it waits, where nothing of it was written, until
     * there is. For the end. Thread: any.
     */
    default void stopWaiting() {}

    /** The sequence of the newest commit. */
    long committedSequence();

    /** Durable: on return every commit with a sequence up to the returned one survives power loss. */
    long sync();

    /** Told while nothing waits for a {@link #sync}: time for what a sync put off. Thread: syncer. */
    default void idle() {}

    /** The value, or null. */
    byte[] get(Table table, byte[] key);

    /**
     * Visits rows in key order from {@code fromInclusive} to {@code toExclusive}, until the visitor answers false. Those of
     * SEGMENT and PRODUCER only while nothing is committed.
     */
    void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor);

    /** As {@link #scan}, from the last row to the first. */
    void scanBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor);

    /**
     * Visits the chunks of one partition in one generation, from the one that contains {@code fromOffset} on.
     *
     * <p>Thread: any; holds no lock or iterator after it returns.
     *
     * @param aheadBytes read with each read from the disk beyond what is asked for: of use where many small chunks are
     *     visited, but what is not visited was read in vain. 0 for none, {@link #AHEAD_AS_CONFIGURED}
     */
    void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor);

    /** As the other, reading ahead {@link #AHEAD_AS_CONFIGURED}. */
    default void scanLog(int generation, int partition, long fromOffset, ChunkVisitor visitor) {
        scanLog(generation, partition, fromOffset, AHEAD_AS_CONFIGURED, visitor);
    }

    /**
     * Ends the current generation: its memtable is flushed in the background, once there is room for it, and all later
     * chunks must carry {@code newGeneration}, which is greater than every generation before. Does not wait for the disk. After an open, the
     * generations found in the log are closed: the first chunk must carry a newer one, with or without this call.
     */
    void rotate(int newGeneration);

    /** Removes the files of all generations in the ranges. Idempotent, thread: any one thread at a time. */
    void dropGenerations(List<GenerationRange> ranges);

    /** Removes the files of all generations below {@code generation}; see {@link #dropGenerations}. */
    default void dropGenerationsBelow(int generation) {
        dropGenerations(List.of(new GenerationRange(0, generation)));
    }

    /**
     * Fills {@code target}, a directory that is created, with a store of its own: all commits up to some moment after the
     * call began. Costs the running store nothing but the copying. Thread: any one at a time. Not yet durable on return.
     *
     * @param copyBytesMax fails with DISK_FULL before more than this is written
     * @return the sequence of the last commit in it
     */
    default long checkpoint(Path target, long copyBytesMax) {
        throw new UnsupportedOperationException("this store keeps no files");
    }

    /**
     * Removes from the disk what was replaced in these places and what lies in write-ahead logs that are not needed any
     * more. Waits for the disk, and may rewrite the files that hold these generations and those after them. Thread: any one
     * at a time.
     */
    default void purge(List<ChunkPlace> places) {}

    /** What lies in the write-ahead log alone and will be written once more, by a flush. Thread: any. */
    default long unflushedBytes() {
        return 0;
    }

    StoreStats stats();

    /** Flushes and closes; safe twice. */
    @Override
    void close();

    /** Where a chunk lies. */
    record ChunkPlace(int generation, int partition, long lastOffset) {}

    /** Receives rows; the arrays belong to the visitor. */
    @FunctionalInterface
    interface RowVisitor {
        /** Returns true to go on. */
        boolean visit(byte[] key, byte[] value);
    }

    /** Receives chunks; the buffer is valid only during the call. */
    @FunctionalInterface
    interface ChunkVisitor {
        /** Returns true to go on. */
        boolean visit(long lastOffset, ByteBuffer chunk);
    }
}
