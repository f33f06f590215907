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
    private final ColumnFamilyHandle[] tables;
    private final ColumnFamilyHandle log;
    private int changeCount;
    private long payloadBytes;

    RocksSink(
            Path directory,
            UseGuard guard,
            GenerationRule generations,
            ColumnFamilyHandle[] tables,
            ColumnFamilyHandle log) {
        this.directory = directory;
        this.guard = guard;
        this.generations = generations;
        this.tables = tables;
        this.log = log;
    }

    @Override
    public void put(Table table, byte[] key, byte[] value) {
        change(() -> batch.put(tables[table.ordinal()], key, value));
    }

    @Override
    public void delete(Table table, byte[] key) {
        change(() -> batch.delete(tables[table.ordinal()], key));
    }

    @Override
    public void deleteRange(Table table, byte[] fromInclusive, byte[] toExclusive) {
        change(() -> batch.deleteRange(tables[table.ordinal()], fromInclusive, toExclusive));
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

    WriteBatch batch() {
        return batch;
    }

    void clear() {
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
