package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/**
 * A store for tests that keeps the promise of {@link Store} and no more: {@link #crash()} loses what was not synced.
 *
 * <p>Thread: as {@link Store}.
 */
public class MemoryStore implements Store {
    private final Contents live;
    private final Contents durable;
    private final Deque<Commit> unsynced = new ArrayDeque<>();
    private final GenerationRule generations;
    private final Throwable openedAt = new Throwable("the store was opened here");
    private final Map<Object, Throwable> scansInProgress = new IdentityHashMap<>();
    private final Sink sink = new Sink();
    private final InjectedDamage damage;
    private boolean guarded = true;
    private boolean pagesLost;
    private long committedSequence;
    private long syncedSequence;
    private long payloadBytes;
    private String gone;
    private StoreException failure;
    private StoreException nextSyncFailure;
    private StoreException commitFailure;
    private Runnable duringNextSync = () -> {};

    private sealed interface Change permits Put, Delete, DeleteRange, Append {}

    private record Put(Table table, byte[] key, byte[] value) implements Change {}

    private record Delete(Table table, byte[] key) implements Change {}

    private record DeleteRange(Table table, byte[] from, byte[] to) implements Change {}

    private record Append(byte[] key, byte[] chunk) implements Change {}

    private record Commit(long sequence, List<Change> changes) {}

    /** An empty store. */
    public MemoryStore() {
        this(new Contents(), 0, new InjectedDamage());
    }

    private MemoryStore(Contents found, long sequence, InjectedDamage damage) {
        this.damage = damage;
        live = found;
        durable = found.copy();
        committedSequence = sequence;
        syncedSequence = sequence;
        generations = new GenerationRule(found.log.isEmpty() ? -1 : LogKey.generation(found.log.lastKey()));
    }

    /** Power loss that loses every commit not synced. Answers what the next start finds; this store is gone. */
    public synchronized MemoryStore crash() {
        return crashKeeping(0);
    }

    /** Power loss that keeps some of the commits not synced, the oldest first: as legal an outcome as losing them all. */
    public synchronized MemoryStore crash(Random random) {
        return crashKeeping(random.nextInt(unsynced.size() + 1));
    }

    private MemoryStore crashKeeping(int unsyncedCount) {
        checkUsable();
        gone = "store crashed";
        applyToDurable(unsyncedCount);
        return new MemoryStore(durable.copy(), syncedSequence, damage);
    }

    /** Opens again what {@link #close} left; nothing is lost unless the store had failed. */
    public synchronized MemoryStore reopen() {
        if (!"store is closed".equals(gone)) {
            throw new IllegalStateException("close the store before opening it again", openedAt);
        }
        return new MemoryStore(durable.copy(), syncedSequence, damage);
    }

    /** The next {@link #sync} fails, and the store refuses writes from then on. */
    public synchronized void failNextSync() {
        nextSyncFailure = new StoreException(Kind.IO, "injected: fdatasync failed with an input/output error");
    }

    /** Runs while the next {@link #sync} waits for the disk: what it commits is not covered by that sync. */
    public synchronized void duringNextSync(Runnable work) {
        duringNextSync = work;
    }

    /** From now on commits fail for want of space. */
    public synchronized void failCommitsWithDiskFull() {
        commitFailure = new StoreException(Kind.DISK_FULL, "injected: no space left on device");
    }

    /** Damages a chunk that is durable: reading it fails until {@link #repair}. Answers its name; null where there is none. */
    public synchronized String flipChunk(Random random) {
        byte[] key = InjectedDamage.pick(List.copyOf(durable.log.keySet()), random);
        if (key == null) {
            return null;
        }
        damage.addChunk(key);
        return InjectedDamage.nameOfChunk(key);
    }

    /** Damages a row that is durable: reading it fails until {@link #repair}. Answers its name; null where there is none. */
    public synchronized String flipRow(Random random) {
        Table table = Table.values()[random.nextInt(Table.values().length)];
        byte[] key = InjectedDamage.pick(List.copyOf(durable.tables.get(table).keySet()), random);
        if (key == null) {
            return null;
        }
        damage.addRow(table, key);
        return InjectedDamage.nameOfRow(table, key);
    }

    /** Makes a durable chunk vanish, as with its file, until {@link #repair}. Answers its name; null where there is none. */
    public synchronized String loseChunk(Random random) {
        byte[] key = InjectedDamage.pick(List.copyOf(durable.log.keySet()), random);
        if (key == null) {
            return null;
        }
        damage.lose(key, durable.log.remove(key));
        live.log.remove(key);
        return InjectedDamage.nameOfChunk(key);
    }

    /** The end of what was synced is gone: {@link #checkComplete} refuses the store until {@link #repair}. */
    public synchronized void loseSyncedTail() {
        damage.loseTail();
    }

    /** What an open of the real store does first, with its beacon. Fails: LOST_TAIL where synced data is missing. */
    public synchronized void checkComplete() {
        damage.checkTail();
    }

    /** Restores what was damaged or lost, as from a copy; answers how many places that were. */
    public synchronized int repair() {
        return damage.repair((key, chunk) -> {
            durable.log.put(key, chunk);
            live.log.put(key, chunk);
        });
    }

    /** True where a chunk of this partition is damaged or lost. */
    public synchronized boolean isDamaged(int partition) {
        return damage.isInPartition(partition);
    }

    /**
     * From now on the store behaves after a failure like the files below it: it goes on. What was not synced when a sync
     * failed never gets to the disk, nor what comes after it, and later syncs do not say so; it is for the owner to stop.
     */
    public synchronized void withoutGuard() {
        guarded = false;
    }

    /** Throws, with the stack of the opener as the cause, unless the store was closed or crashed. */
    public synchronized void assertClosed() {
        if (gone == null) {
            throw new AssertionError("the store was not closed", openedAt);
        }
    }

    /** Number of commits that a crash may lose. */
    public synchronized int unsyncedCommitCount() {
        return unsynced.size();
    }

    @Override
    public synchronized WriteSink begin() {
        checkUsable();
        sink.changes = new ArrayList<>();
        return sink;
    }

    @Override
    public synchronized long commit(WriteSink filled) {
        if (filled != sink) {
            throw new IllegalArgumentException("the sink belongs to another store");
        }
        checkWritable("a commit");
        if (commitFailure != null) {
            throw failed(commitFailure);
        }
        if (!sink.changes.isEmpty()) {
            committedSequence += sink.changes.size();
            unsynced.add(new Commit(committedSequence, sink.changes));
            sink.changes.forEach(this::hideDamage);
            sink.changes.forEach(live::apply);
            sink.changes.forEach(c -> payloadBytes += c instanceof Append append ? append.chunk.length : 0);
            sink.changes = new ArrayList<>();
        }
        return committedSequence;
    }

    private void hideDamage(Change change) {
        if (change instanceof Put put) {
            damage.forgetRow(put.table, put.key);
        } else if (change instanceof Delete delete) {
            damage.forgetRow(delete.table, delete.key);
        } else if (change instanceof DeleteRange range) {
            rows(range.table, range.from, range.to).forEach(row -> damage.forgetRow(range.table, row.getKey()));
        }
    }

    @Override
    public synchronized long committedSequence() {
        return committedSequence;
    }

    @Override
    public synchronized long sync() {
        checkWritable("a sync");
        if (nextSyncFailure != null) {
            StoreException error = nextSyncFailure;
            nextSyncFailure = null;
            pagesLost = true;
            throw failed(error);
        }
        int covered = unsynced.size();
        Runnable meanwhile = duringNextSync;
        duringNextSync = () -> {};
        long coveredSequence = committedSequence;
        meanwhile.run();
        if (!pagesLost) {
            applyToDurable(covered);
        }
        return coveredSequence;
    }

    private void applyToDurable(int commitCount) {
        for (int i = 0; i < commitCount; i++) {
            Commit commit = unsynced.remove();
            commit.changes.forEach(durable::apply);
            syncedSequence = commit.sequence;
        }
    }

    @Override
    public synchronized byte[] get(Table table, byte[] key) {
        checkUsable();
        damage.checkRow(table, key);
        byte[] value = live.tables.get(table).get(key);
        return value == null ? null : value.clone();
    }

    @Override
    public void scanBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        List<Map.Entry<byte[], byte[]>> rows = new ArrayList<>(rows(table, fromInclusive, toExclusive));
        Collections.reverse(rows);
        visit(table, rows, visitor);
    }

    @Override
    public void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        visit(table, rows(table, fromInclusive, toExclusive), visitor);
    }

    private void visit(Table table, List<Map.Entry<byte[], byte[]>> rows, RowVisitor visitor) {
        Object scan = startScan();
        try {
            for (Map.Entry<byte[], byte[]> row : rows) {
                checkRow(table, row.getKey());
                if (!visitor.visit(row.getKey().clone(), row.getValue().clone())) {
                    return;
                }
            }
        } finally {
            endScan(scan);
        }
    }

    private synchronized void checkRow(Table table, byte[] key) {
        damage.checkRow(table, key);
    }

    private synchronized List<Map.Entry<byte[], byte[]>> rows(Table table, byte[] from, byte[] to) {
        return Arrays.compareUnsigned(from, to) >= 0
                ? List.of()
                : List.copyOf(live.tables.get(table).subMap(from, to).entrySet());
    }

    @Override
    public void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor) {
        byte[] end = LogKey.endOfPartition(generation, partition);
        Object scan = startScan();
        try {
            Map.Entry<byte[], byte[]> chunk = chunkFrom(LogKey.encode(generation, partition, fromOffset), true);
            while (chunk != null && Arrays.compareUnsigned(chunk.getKey(), end) < 0) {
                checkChunk(chunk.getKey());
                long lastOffset = LogKey.lastOffset(ByteBuffer.wrap(chunk.getKey()));
                if (!visitor.visit(lastOffset, direct(chunk.getValue()))) {
                    return;
                }
                chunk = chunkFrom(chunk.getKey(), false);
            }
        } finally {
            endScan(scan);
        }
    }

    private synchronized Map.Entry<byte[], byte[]> chunkFrom(byte[] key, boolean inclusive) {
        return inclusive ? live.log.ceilingEntry(key) : live.log.higherEntry(key);
    }

    private synchronized void checkChunk(byte[] key) {
        damage.checkChunk(key);
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private synchronized Object startScan() {
        checkUsable();
        Object scan = new Object();
        scansInProgress.put(scan, new Throwable("a scan began here"));
        return scan;
    }

    private synchronized void endScan(Object scan) {
        scansInProgress.remove(scan);
    }

    @Override
    public synchronized void rotate(int newGeneration) {
        checkWritable("a rotation");
        generations.rotate(newGeneration);
    }

    @Override
    public synchronized void dropGenerations(List<GenerationRange> ranges) {
        checkUsable();
        for (GenerationRange range : ranges) {
            byte[] start = LogKey.startOfGeneration(range.from());
            byte[] end = LogKey.startOfGeneration(range.to());
            live.log.subMap(start, end).clear();
            durable.log.subMap(start, end).clear();
            damage.forgetChunks(start, end);
        }
    }

    @Override
    public synchronized StoreStats stats() {
        checkUsable();
        long bytes = live.log.values().stream().mapToLong(c -> c.length).sum();
        return new StoreStats(payloadBytes, payloadBytes, payloadBytes, 0, 0, bytes, bytes, 0);
    }

    /** Fails where a scan is still going on: RocksDB would wait for it, and a test should not leave one behind. */
    @Override
    public synchronized void close() {
        if (gone != null) {
            return;
        }
        if (!scansInProgress.isEmpty()) {
            throw new IllegalStateException(
                    "closed while a scan is in progress",
                    scansInProgress.values().iterator().next());
        }
        gone = "store is closed";
        if (failure == null && !pagesLost) {
            applyToDurable(unsynced.size());
        }
    }

    private void checkUsable() {
        if (gone != null) {
            throw new StoreException(Kind.IO, gone + ": memory");
        }
    }

    private void checkWritable(String action) {
        checkUsable();
        if (failure != null) {
            throw new StoreException(failure.kind(), action + " was refused after: " + failure.getMessage(), failure);
        }
    }

    private StoreException failed(StoreException error) {
        failure = guarded ? error : null;
        return error;
    }

    private final class Sink implements WriteSink {
        private List<Change> changes = new ArrayList<>();

        @Override
        public void put(Table table, byte[] key, byte[] value) {
            add(new Put(table, key.clone(), value.clone()));
        }

        @Override
        public void delete(Table table, byte[] key) {
            add(new Delete(table, key.clone()));
        }

        @Override
        public void deleteRange(Table table, byte[] fromInclusive, byte[] toExclusive) {
            add(new DeleteRange(table, fromInclusive.clone(), toExclusive.clone()));
        }

        @Override
        public void replaceChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
            byte[] copy = new byte[chunk.remaining()];
            chunk.get(chunk.position(), copy);
            add(new Append(LogKey.encode(generation, partition, lastOffset), copy));
        }

        @Override
        public void appendChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
            if (!chunk.isDirect()) {
                throw new IllegalArgumentException("a chunk must lie in a direct buffer");
            }
            synchronized (MemoryStore.this) {
                generations.checkAppend(generation);
            }
            byte[] copy = new byte[chunk.remaining()];
            chunk.get(chunk.position(), copy);
            add(new Append(LogKey.encode(generation, partition, lastOffset), copy));
        }

        @Override
        public boolean isEmpty() {
            return changes.isEmpty();
        }

        private void add(Change change) {
            synchronized (MemoryStore.this) {
                checkUsable();
                changes.add(change);
            }
        }
    }

    /** Tables and log at one point in time; arrays in it are never changed. */
    private static final class Contents {
        private final Map<Table, NavigableMap<byte[], byte[]>> tables = new EnumMap<>(Table.class);
        private final NavigableMap<byte[], byte[]> log = new TreeMap<>(Arrays::compareUnsigned);

        private Contents() {
            for (Table table : Table.values()) {
                tables.put(table, new TreeMap<>(Arrays::compareUnsigned));
            }
        }

        private Contents copy() {
            Contents copy = new Contents();
            tables.forEach((table, rows) -> copy.tables.get(table).putAll(rows));
            copy.log.putAll(log);
            return copy;
        }

        private void apply(Change change) {
            if (change instanceof Put put) {
                tables.get(put.table).put(put.key, put.value);
            } else if (change instanceof Delete delete) {
                tables.get(delete.table).remove(delete.key);
            } else if (change instanceof DeleteRange range) {
                if (Arrays.compareUnsigned(range.from, range.to) < 0) {
                    tables.get(range.table).subMap(range.from, range.to).clear();
                }
            } else if (change instanceof Append append) {
                log.put(append.key, append.chunk);
            }
        }
    }
}
