package dev.millrace.core.storage;

/**
 * Says whether a flush would find room on the disk. One that does not would stop the store for good; put off, it costs
 * nothing, because all that it would write is in the write-ahead log.
 *
 * <p>A flush also begins a new write-ahead log, and RocksDB reserves the space for it beforehand: 1.1 times the memtable, if
 * it is there. Commits go on inside that space even when the disk is full to the last byte, so it must be there, too.
 */
final class FlushRoom {
    private final DiskSpace space;
    private final long newLogBytes;
    private final long leastNewLogBytes;

    FlushRoom(DiskSpace space, StoreOptions options) {
        this.space = space;
        this.newLogBytes = newLogBytes(options, RocksOptions.logMemtableBytes(options));
        this.leastNewLogBytes = newLogBytes(options, RocksOptions.tableMemtableBytes(options));
    }

    private static long newLogBytes(StoreOptions options, long memtableBytes) {
        return Math.min(RocksOptions.walBytesMax(options), memtableBytes + memtableBytes / 8);
    }

    /** @param unflushedBytes what the flush will write */
    boolean isThere(long unflushedBytes) {
        // Index and filters of the tables, and the files that describe them.
        long tableBytes = unflushedBytes + unflushedBytes / 8;
        return space.usableBytes() >= tableBytes + newLogBytes;
    }

    /** For a flush of next to nothing of a small table alone: the least that begins a new log. */
    boolean isThereForLeast() {
        return space.usableBytes() >= leastNewLogBytes;
    }
}
