package dev.millrace.core.storage;

/**
 * How much memory and background work one store may use.
 *
 * @param generationBytes chunk bytes after which the owner should {@link Store#rotate}; the memtable holds twice as much,
 *     so that RocksDB never ends a generation by itself
 * @param blockCacheBytes cache of index blocks and of the small tables; chunks bypass it
 * @param tableMemtableBytes memtable of each small table
 * @param journalBytes least changes of segments and producers between two writes of these rows to their tables; in memory
 *     are up to sixteen times as many, and some 150 bytes more for each row
 * @param backgroundJobs threads for flushes and compactions together; a quarter of them flush
 * @param readaheadBytes read ahead of a log scan
 * @param directWrites flushes and compactions write past the page cache; where the file system cannot, through it
 * @param acceptLoss opens a store although acknowledged data is missing at its end; set by an operator, never by code
 */
public record StoreOptions(
        long generationBytes,
        long blockCacheBytes,
        long tableMemtableBytes,
        long journalBytes,
        int backgroundJobs,
        long readaheadBytes,
        boolean directWrites,
        boolean acceptLoss) {
    private static final long MIB = 1024 * 1024;

    public StoreOptions {
        check(generationBytes >= MIB, "generationBytes", generationBytes, "use at least 1 MiB");
        check(blockCacheBytes >= MIB, "blockCacheBytes", blockCacheBytes, "use at least 1 MiB");
        check(tableMemtableBytes >= MIB, "tableMemtableBytes", tableMemtableBytes, "use at least 1 MiB");
        check(journalBytes >= 1, "journalBytes", journalBytes, "use at least 1");
        check(backgroundJobs >= 2, "backgroundJobs", backgroundJobs, "use at least 2, so that flushes never wait");
        check(readaheadBytes >= 0, "readaheadBytes", readaheadBytes, "use 0 or more");
    }

    /**
     * 64 MiB generations: a start replays up to three of them at 3 to 4 ms a MB. Memtables take 320 MiB at most, and
     * 128 MiB for the journal of very small commits. See
     * docs/adr/2026-11-28-smaller-generations.md.
     */
    public static StoreOptions defaults() {
        return new StoreOptions(64 * MIB, 128 * MIB, 32 * MIB, 2 * MIB, 4, MIB, true, false);
    }

    public StoreOptions withGenerationBytes(long bytes) {
        return new StoreOptions(
                bytes,
                blockCacheBytes,
                tableMemtableBytes,
                journalBytes,
                backgroundJobs,
                readaheadBytes,
                directWrites,
                acceptLoss);
    }

    public StoreOptions withBlockCacheBytes(long bytes) {
        return new StoreOptions(
                generationBytes,
                bytes,
                tableMemtableBytes,
                journalBytes,
                backgroundJobs,
                readaheadBytes,
                directWrites,
                acceptLoss);
    }

    public StoreOptions withJournalBytes(long bytes) {
        return new StoreOptions(
                generationBytes,
                blockCacheBytes,
                tableMemtableBytes,
                bytes,
                backgroundJobs,
                readaheadBytes,
                directWrites,
                acceptLoss);
    }

    public StoreOptions withDirectWrites(boolean direct) {
        return new StoreOptions(
                generationBytes,
                blockCacheBytes,
                tableMemtableBytes,
                journalBytes,
                backgroundJobs,
                readaheadBytes,
                direct,
                acceptLoss);
    }

    public StoreOptions withAcceptLoss(boolean accept) {
        return new StoreOptions(
                generationBytes,
                blockCacheBytes,
                tableMemtableBytes,
                journalBytes,
                backgroundJobs,
                readaheadBytes,
                directWrites,
                accept);
    }

    private static void check(boolean valid, String name, long value, String remedy) {
        if (!valid) {
            throw new IllegalArgumentException("store option " + name + "=" + value + " is out of range: " + remedy);
        }
    }
}
