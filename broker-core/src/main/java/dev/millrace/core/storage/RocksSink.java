package dev.millrace.core.storage;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** The one reused batch of a {@link RocksStore}. Thread: shard. */
final class RocksSink implements WriteSink, AutoCloseable {
    private static final int RESERVED_BYTES = 8 << 20;

    private final WriteBatch batch = new WriteBatch(RESERVED_BYTES);
    private final ByteBuffer key = ByteBuffer.allocateDirect(LogKey.BYTES);
    private final Path directory;
    private final UseGuard guard;
    private final GenerationRule generations;
    private final RocksJournal journal;
    private final ColumnFamilyHandle[] tables;
    private final ColumnFamilyHandle log;
    private int changeCount;
    private long payloadBytes;

    RocksSink(RocksHandles rocks, UseGuard guard, GenerationRule generations, RocksJournal journal) {
        this.directory = rocks.directory();
        this.guard = guard;
        this.generations = generations;
        this.journal = journal;
        this.tables = rocks.tables();
        this.log = rocks.log();
    }

    @Override
    public void put(Table table, byte[] key, byte[] value) {
        if (JournaledRows.hold(table)) {
            journal(table, key, value);
        } else {
            change(() -> batch.put(tables[table.ordinal()], key, value));
        }
    }

    @Override
    public void delete(Table table, byte[] key) {
        if (JournaledRows.hold(table)) {
            journal(table, key, null);
        } else {
            change(() -> batch.delete(tables[table.ordinal()], key));
        }
    }

    @Override
    public void deleteRange(Table table, byte[] fromInclusive, byte[] toExclusive) {
        if (JournaledRows.hold(table)) {
            throw new IllegalArgumentException("rows of " + table + " are deleted one by one");
        }
        change(() -> batch.deleteRange(tables[table.ordinal()], fromInclusive, toExclusive));
    }

    /** No native call, so it needs no guard but against a store that is closed. */
    private void journal(Table table, byte[] key, byte[] value) {
        guard.check();
        journal.put(table, key, value);
        changeCount++;
    }

    @Override
    public void replaceChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
        putChunk(generation, partition, lastOffset, chunk);
    }

    @Override
    public void appendChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
        generations.checkAppend(generation);
        putChunk(generation, partition, lastOffset, chunk);
    }

    private void putChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
        if (!chunk.isDirect()) {
            throw new IllegalArgumentException("a chunk must lie in a direct buffer");
        }
        LogKey.encode(key, generation, partition, lastOffset);
        int position = chunk.position();
        payloadBytes += chunk.remaining();
        change(() -> batch.put(log, key, chunk));
        chunk.position(position);
    }

    @Override
    public boolean isEmpty() {
        return changeCount == 0;
    }

    private void change(Change change) {
        guard.enter();
        try {
            change.run();
            changeCount++;
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "filling a batch", directory);
        } finally {
            guard.leave();
        }
    }

    long payloadBytes() {
        return payloadBytes;
    }

    /** What is to be written, whole. */
    WriteBatch sealed() throws RocksDBException {
        journal.seal(batch);
        return batch;
    }

    /** All of it was written. */
    void committed() {
        journal.committed();
        emptyBatch();
    }

    void clear() {
        journal.clear();
        emptyBatch();
    }

    private void emptyBatch() {
        batch.clear();
        changeCount = 0;
        payloadBytes = 0;
    }

    @Override
    public void close() {
        batch.close();
    }

    @FunctionalInterface
    private interface Change {
        void run() throws RocksDBException;
    }
}
