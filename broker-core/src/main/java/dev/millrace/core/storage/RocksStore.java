package dev.millrace.core.storage;

import dev.millrace.core.failpoint.Failpoint;
import dev.millrace.core.time.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompactRangeOptions.BottommostLevelCompaction;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.TickerType;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * A {@link Store} on RocksDB that writes each payload byte twice, to the write-ahead log and by one flush, and never
 * again: files of one generation each do not overlap, so compaction moves them without rewriting.
 *
 * <p>Sequences are RocksDB's own: they grow by the number of changes in each commit and go on after a reopen.
 */
public final class RocksStore implements Store {
    private static final System.Logger LOGGER = System.getLogger(RocksStore.class.getName());
    private static final long BEACON_INTERVAL_NANOS_MIN = 100_000_000L;
    private static final long BEACON_INTERVAL_NANOS_MAX = 1_000_000_000L;
    /** A mark is synced at most for this part of the time: a hundredth. */
    private static final int BEACON_INTERVAL_PER_SYNC = 100;

    private static final byte[] ALL_ROWS = {-1, -1, -1, -1, -1};
    /** In META, where no row ever is. */
    private static final byte[] NO_ROW = {0};

    private static final long FLUSH_RETRY_NANOS = 1_000_000_000L;
    private static final long COMMIT_RETRY_NANOS = 50_000_000L;

    private final Path directory;
    private final TimeSource time;
    private final UseGuard guard;
    private final RocksHandles rocks;
    private final RocksDB db;
    private final Beacon beacon;
    private final GenerationRule generations;
    private final RocksSink sink;
    private final RocksReads reads;
    private final WriteOptions writeOptions = new WriteOptions().setSync(false);
    private final FlushOptions flushSoon =
            new FlushOptions().setWaitForFlush(false).setAllowWriteStall(true);
    private final Object syncing = new Object();
    private final LongAdder payloadBytes = new LongAdder();
    private final FlushRoom flushRoom;
    private final long journalMemtableBytes;
    private int rotationCount;
    private boolean flushDue;
    private long flushTriedNanos;
    private long beaconNanos;
    private long beaconIntervalNanos = BEACON_INTERVAL_NANOS_MIN;
    private volatile boolean beaconDue;
    private boolean markUnsynced;
    private long syncedSequence;
    private volatile boolean patient = true;
    private volatile long committedSequence;
    /** All later writes and syncs are refused with it. */
    private final WriteFailure failure = new WriteFailure();

    private RocksStore(RocksRecovery recovered, StoreOptions options, TimeSource time) {
        this.rocks = recovered.rocks();
        this.beacon = recovered.beacon();
        this.directory = rocks.directory();
        this.time = time;
        this.db = rocks.db();
        this.guard = new UseGuard(directory.toString());
        this.generations = new GenerationRule(recovered.newestGeneration());
        this.sink = new RocksSink(
                rocks, guard, generations, new RocksJournal(rocks, recovered.journaled(), options.journalBytes()));
        this.reads = new RocksReads(rocks, options.readaheadBytes(), recovered::journaled);
        this.committedSequence = db.getLatestSequenceNumber();
        this.beaconNanos = time.nanoTime();
        this.journalMemtableBytes = RocksOptions.journalMemtableBytes(options);
        this.flushRoom = new FlushRoom(DiskSpace.of(directory), options);
    }

    /** Loads the native library. Fails: RuntimeException where there is none for this machine. */
    public static void load() {
        RocksDB.loadLibrary();
    }

    /** Opens with the system's clock. */
    public static RocksStore open(Path directory, StoreOptions options) {
        return open(directory, options, TimeSource.SYSTEM);
    }

    /**
     * Opens the store in {@code directory}, creating it where it is missing; its beacon lies beside it.
     *
     * <p>Fails: {@link StoreException} LOST_TAIL where less was recovered than was durable, DAMAGED, IN_USE, DISK_FULL, IO.
     */
    public static RocksStore open(Path directory, StoreOptions options, TimeSource time) {
        return open(directory, options, time, RecoveryWatch.NONE);
    }

    /** As {@link #open(Path, StoreOptions, TimeSource)}, and says how far it is. */
    public static RocksStore open(Path directory, StoreOptions options, TimeSource time, RecoveryWatch watch) {
        boolean tight = Files.exists(directory)
                && !new FlushRoom(DiskSpace.of(directory), options).isThere(WriteAheadLogs.bytesToReplay(directory));
        RocksRecovery recovered = RocksRecovery.run(directory, options, watch);
        RocksStore store = new RocksStore(recovered, options, time);
        store.takeRoomForLogOrClose(tight);
        LOGGER.log(
                System.Logger.Level.DEBUG,
                "store.opened directory={0} sequence={1,number,#}",
                directory,
                store.committedSequence);
        return store;
    }

    /** For what looks into RocksDB itself. */
    RocksHandles rocks() {
        return rocks;
    }

    @Override
    public WriteSink begin() {
        guard.enter();
        try {
            sink.clear();
            return sink;
        } finally {
            guard.leave();
        }
    }

    @Override
    public long commit(WriteSink filled) {
        if (filled != sink) {
            throw new IllegalArgumentException("the sink belongs to another store");
        }
        boolean waited = false;
        while (!tryCommit()) {
            if (!waited) {
                LOGGER.log(
                        System.Logger.Level.WARNING,
                        "store.waits directory={0} a flush found no room on the disk: commits wait until there is",
                        directory);
                waited = true;
            }
            LockSupport.parkNanos(this, COMMIT_RETRY_NANOS);
        }
        if (waited) {
            LOGGER.log(System.Logger.Level.INFO, "store.goes.on directory={0}", directory);
        }
        return committedSequence;
    }

    /** False where the commit was refused untouched, because there is no room for a flush. */
    private boolean tryCommit() {
        return use("a commit", true, () -> {
            if (sink.isEmpty()) {
                return true;
            }
            if (flushDue && time.nanoTime() - flushTriedNanos >= FLUSH_RETRY_NANOS) {
                flushIfThereIsRoom();
            }
            try {
                db.write(writeOptions, sink.sealed());
            } catch (RocksDBException e) {
                if (patient && RocksFlushFailure.refused(e)) {
                    return false;
                }
                throw e;
            }
            committedSequence = db.getLatestSequenceNumber();
            payloadBytes.add(sink.payloadBytes());
            sink.committed();
            return true;
        });
    }

    @Override
    public void stopWaiting() {
        patient = false;
    }

    @Override
    public long committedSequence() {
        return committedSequence;
    }

    @Override
    public long sync() {
        return use("a sync of the write-ahead log", true, () -> {
            long sequence = syncLog();
            syncedSequence = sequence;
            markDurable(sequence);
            return sequence;
        });
    }

    /**
     * One at a time: after a failed sync the next one succeeds, because the kernel has given up what it could not write,
     * and says nothing of what is on the disk. It must not be tried.
     */
    private long syncLog() throws RocksDBException {
        synchronized (syncing) {
            refuseAfterFailure("a sync of the write-ahead log");
            long sequence = committedSequence;
            try {
                db.syncWal();
            } catch (RocksDBException e) {
                throw failed(RocksErrors.of(e, "a sync of the write-ahead log", directory));
            }
            return sequence;
        }
    }

    /** Each sync is marked; the mark itself is synced now and then, because that costs one more sync. */
    private void markDurable(long sequence) {
        if (beaconDue || time.nanoTime() - beaconNanos >= beaconIntervalNanos) {
            syncMark(sequence);
        } else {
            beacon.writeUnsynced(sequence);
            markUnsynced = true;
        }
    }

    private void syncMark(long sequence) {
        long startNanos = time.nanoTime();
        beaconDue = false;
        beacon.write(sequence, false);
        markUnsynced = false;
        beaconNanos = time.nanoTime();
        beaconIntervalNanos = Math.max(
                BEACON_INTERVAL_NANOS_MIN,
                Math.min(BEACON_INTERVAL_NANOS_MAX, (beaconNanos - startNanos) * BEACON_INTERVAL_PER_SYNC));
    }

    @Override
    public void idle() {
        if (markUnsynced && time.nanoTime() - beaconNanos >= beaconIntervalNanos) {
            use("a mark of what is durable", true, () -> {
                syncMark(syncedSequence);
                return null;
            });
        }
    }

    @Override
    public byte[] get(Table table, byte[] key) {
        return use("a read of " + table, false, () -> reads.get(table, key));
    }

    @Override
    public void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        use("a scan of " + table, false, () -> {
            reads.scan(table, fromInclusive, toExclusive, visitor);
            return null;
        });
    }

    @Override
    public void scanBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        use("a scan of " + table, false, () -> {
            reads.scanBackward(table, fromInclusive, toExclusive, visitor);
            return null;
        });
    }

    @Override
    public void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor) {
        use("a scan of the log", false, () -> {
            reads.scanLog(generation, partition, fromOffset, aheadBytes, visitor);
            return null;
        });
    }

    @Override
    public void rotate(int newGeneration) {
        use("a rotation", true, () -> {
            generations.rotate(newGeneration);
            flushDue = true;
            flushIfThereIsRoom();
            beaconDue = true;
            return null;
        });
    }

    /** Without room the flush waits, and its file will hold more than one generation: that frees its space later. */
    private void flushIfThereIsRoom() throws RocksDBException {
        flushTriedNanos = time.nanoTime();
        // A flush syncs the closed log by itself, and a table that holds more than the log does not open: see syncLog.
        // Before the room is looked for, so that it is not taken meanwhile.
        syncLog();
        long unflushedBytes = unflushed();
        if (!flushRoom.isThere(unflushedBytes)) {
            LOGGER.log(
                    System.Logger.Level.DEBUG,
                    "store.flush.waits directory={0} bytes={1,number,#}",
                    directory,
                    unflushedBytes);
            return;
        }
        // The small tables go along now and then, so that they never hold old write-ahead logs, nor the journal so much
        // that another generation does not fit, until RocksDB itself flushes in the middle of a generation.
        boolean tablesToo = (rotationCount + 1) % RocksOptions.TABLE_FLUSH_GENERATIONS == 0
                || unflushedJournal() > journalMemtableBytes / 3;
        try {
            db.flush(flushSoon, tablesToo ? rocks.all() : List.of(rocks.log()));
            takeRoomForLog();
        } catch (RocksDBException e) {
            if (!RocksFlushFailure.mayPass(e)) {
                throw e;
            }
            return;
        }
        flushDue = false;
        rotationCount++;
    }

    /** @param tight whether the new log may have found no room: the old ones, and the files made of them, held it then */
    private void takeRoomForLogOrClose(boolean tight) {
        try {
            use("the first write", true, () -> {
                if (tight && flushRoom.isThereForLeast()) {
                    beginLogAnew();
                }
                takeRoomForLog();
                return null;
            });
        } catch (StoreException e) {
            close();
            throw e;
        }
    }

    /** A flush does, of the least that can be flushed. */
    private void beginLogAnew() throws RocksDBException {
        try (WriteBatch least = new WriteBatch();
                FlushOptions flushNow = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            least.delete(rocks.table(Table.META), NO_ROW);
            db.write(writeOptions, least);
            committedSequence = db.getLatestSequenceNumber();
            syncLog();
            db.flush(flushNow, rocks.table(Table.META));
        }
    }

    /**
     * RocksDB reserves the space of a new write-ahead log at the first write to it. An empty one does that at once, before
     * something else takes the space.
     */
    private void takeRoomForLog() throws RocksDBException {
        try (WriteBatch nothing = new WriteBatch()) {
            db.write(writeOptions, nothing);
        }
    }

    @Override
    public long unflushedBytes() {
        return use("reading counters", false, this::unflushed);
    }

    private long unflushedJournal() throws RocksDBException {
        return db.getLongProperty(rocks.journal(), "rocksdb.cur-size-active-mem-table");
    }

    private long unflushed() throws RocksDBException {
        return db.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables");
    }

    /**
     * {@inheritDoc}
     *
     * <p>RocksDB passes over files in level 0 and over those being moved: what it leaves goes with a later call. The
     * chunks in them stay readable until then.
     */
    @Override
    public void dropGenerations(List<GenerationRange> ranges) {
        List<byte[]> bounds = new ArrayList<>(2 * ranges.size());
        for (GenerationRange range : ranges) {
            bounds.add(LogKey.startOfGeneration(range.from()));
            bounds.add(LogKey.startOfGeneration(range.to()));
        }
        use("dropping old generations", false, () -> {
            Failpoint.BEFORE_DROPPING_FILES.hit();
            db.deleteFilesInRanges(rocks.log(), bounds, false);
            Failpoint.AFTER_DROPPING_FILES.hit();
            return null;
        });
    }

    @Override
    public void purge(List<ChunkPlace> places) {
        use("a sync of the write-ahead log", true, this::syncLog);
        use("removing erased records", false, () -> {
            try (FlushOptions flushNow =
                    new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
                db.flush(flushNow, rocks.all());
            }
            try (CompactRangeOptions all = new CompactRangeOptions()
                    .setBottommostLevelCompaction(BottommostLevelCompaction.kForceOptimized)
                    .setExclusiveManualCompaction(true)) {
                for (ChunkPlace place : places) {
                    byte[] key = LogKey.encode(place.generation(), place.partition(), place.lastOffset());
                    db.compactRange(rocks.log(), key, key, all);
                }
                for (Table table : List.of(Table.STREAM_SNAPSHOT)) {
                    db.compactRange(rocks.table(table), new byte[0], ALL_ROWS, all);
                }
            }
            return null;
        });
    }

    @Override
    public long checkpoint(Path target, long copyBytesMax) {
        return use("a backup", false, () -> {
            refuseAfterFailure("a backup");
            long before = committedSequence;
            return Math.max(before, RocksCheckpoint.take(rocks, target, copyBytesMax));
        });
    }

    @Override
    public StoreStats stats() {
        return use("reading counters", false, () -> {
            var tickers = rocks.options().statistics;
            return new StoreStats(
                    payloadBytes.sum(),
                    tickers.getTickerCount(TickerType.WAL_FILE_BYTES),
                    tickers.getTickerCount(TickerType.FLUSH_WRITE_BYTES),
                    rocks.options().events.logCompactionBytes(),
                    tickers.getTickerCount(TickerType.COMPACT_WRITE_BYTES),
                    diskBytes(),
                    db.getAggregatedLongProperty("rocksdb.size-all-mem-tables")
                            + db.getAggregatedLongProperty("rocksdb.estimate-table-readers-mem")
                            + rocks.options().cache.getUsage(),
                    tickers.getTickerCount(TickerType.STALL_MICROS));
        });
    }

    /** Sizes of all files: RocksDB's own figure leaves out the write-ahead log. A file may go while they are summed. */
    private long diskBytes() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            throw new StoreException(StoreException.Kind.IO, "cannot list " + directory + ": " + e, e);
        }
    }

    @Override
    public synchronized void close() {
        if (!guard.close()) {
            return;
        }
        if (failure.get() == null) {
            closeCleanly();
        }
        sink.close();
        writeOptions.close();
        flushSoon.close();
        rocks.close();
        beacon.close();
        LOGGER.log(
                System.Logger.Level.DEBUG,
                "store.closed directory={0} sequence={1,number,#} clean={2}",
                directory,
                committedSequence,
                failure.get() == null);
    }

    /**
     * Flushes everything, so that the next open has nothing to replay; on a full disk it has. A failure here loses
     * nothing: the log is synced.
     */
    private void closeCleanly() {
        try (FlushOptions flushNow = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(true)) {
            syncLog();
            beacon.write(committedSequence, false);
            if (flushRoom.isThere(unflushed())) {
                db.flush(flushNow, rocks.all());
                beacon.write(committedSequence, true);
            }
        } catch (RocksDBException e) {
            closedWith(RocksErrors.of(e, "the flush at close", directory));
        } catch (StoreException e) {
            closedWith(e);
        }
    }

    private void closedWith(StoreException error) {
        failure.set(error);
        LOGGER.log(
                System.Logger.Level.ERROR,
                "store.close.flush.failed directory={0} error={1}",
                directory,
                error.getMessage());
    }

    /** Every native call runs in here: never after close, and never a write after a failed one. */
    private <T> T use(String action, boolean write, NativeCall<T> call) {
        guard.enter();
        try {
            return write ? write(action, call) : call.run();
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, action, directory);
        } finally {
            guard.leave();
        }
    }

    private <T> T write(String action, NativeCall<T> call) {
        refuseAfterFailure(action);
        failure.begin();
        try {
            return call.run();
        } catch (RocksDBException e) {
            throw failed(RocksErrors.of(e, action, directory));
        } catch (StoreException e) {
            throw failed(e);
        } finally {
            failure.end();
        }
    }

    private void refuseAfterFailure(String action) {
        StoreException first = failure.get();
        if (first != null) {
            throw new StoreException(first.kind(), action + " was refused after: " + first.getMessage(), first);
        }
    }

    /** What came first: of two threads that fail together only one is told the cause. */
    private StoreException failed(StoreException error) {
        if (failure.set(error)) {
            // RocksDB resumes by itself after some errors. The flush that it begins with is atomic, but nobody needs
            // it.
            rocks.db().cancelAllBackgroundWork(false);
        }
        return failure.get();
    }

    @FunctionalInterface
    private interface NativeCall<T> {
        T run() throws RocksDBException;
    }
}
