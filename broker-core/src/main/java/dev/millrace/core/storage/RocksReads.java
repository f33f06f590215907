package dev.millrace.core.storage;

import dev.millrace.core.storage.Store.ChunkVisitor;
import dev.millrace.core.storage.Store.RowVisitor;
import java.nio.ByteBuffer;
import java.util.function.Supplier;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** Reads from an open database. Thread: any; the caller keeps the database open meanwhile. */
final class RocksReads {
    private final RocksHandles rocks;
    private final long readaheadBytes;
    private final Supplier<JournaledRows> journaled;
    private final ChunkBuffers buffers = new ChunkBuffers();

    /** @param journaled asked where a table is read whose newest rows may lie there */
    RocksReads(RocksHandles rocks, long readaheadBytes, Supplier<JournaledRows> journaled) {
        this.rocks = rocks;
        this.journaled = journaled;
        this.readaheadBytes = readaheadBytes;
    }

    byte[] get(Table table, byte[] key) throws RocksDBException {
        JournaledRows.Change newer = JournaledRows.hold(table) ? journaled.get().find(table, key) : null;
        if (newer != null) {
            return newer.value();
        }
        ColumnFamilyHandle family = rocks.table(table);
        return family == null ? null : rocks.db().get(family, key);
    }

    void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) throws RocksDBException {
        if (JournaledRows.hold(table)) {
            MergedRows merged = journaled.get().ascending(table, fromInclusive, toExclusive, visitor);
            scanTable(table, fromInclusive, toExclusive, merged);
            merged.end();
        } else {
            scanTable(table, fromInclusive, toExclusive, visitor);
        }
    }

    private void scanTable(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor)
            throws RocksDBException {
        ColumnFamilyHandle family = rocks.table(table);
        if (family == null) {
            return;
        }
        try (Slice end = new Slice(toExclusive);
                ReadOptions read = new ReadOptions().setIterateUpperBound(end);
                RocksIterator rows = rocks.db().newIterator(family, read)) {
            rows.seek(fromInclusive);
            while (rows.isValid() && visitor.visit(rows.key(), rows.value())) {
                rows.next();
            }
            rows.status();
        }
    }

    void scanBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor)
            throws RocksDBException {
        if (JournaledRows.hold(table)) {
            MergedRows merged = journaled.get().descending(table, fromInclusive, toExclusive, visitor);
            scanTableBackward(table, fromInclusive, toExclusive, merged);
            merged.end();
        } else {
            scanTableBackward(table, fromInclusive, toExclusive, visitor);
        }
    }

    private void scanTableBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor)
            throws RocksDBException {
        if (rocks.table(table) == null) {
            return;
        }
        try (Slice start = new Slice(fromInclusive);
                Slice end = new Slice(toExclusive);
                ReadOptions read = new ReadOptions().setIterateLowerBound(start).setIterateUpperBound(end);
                RocksIterator rows = rocks.db().newIterator(rocks.table(table), read)) {
            rows.seekToLast();
            while (rows.isValid() && visitor.visit(rows.key(), rows.value())) {
                rows.prev();
            }
            rows.status();
        }
    }

    void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor)
            throws RocksDBException {
        if (rocks.log() == null) {
            // Opened to be checked, and the MANIFEST has lost the family: nothing is found, which the check tells.
            return;
        }
        try (Slice end = new Slice(LogKey.endOfPartition(generation, partition));
                ReadOptions read = logReadOptions(end, aheadBytes);
                RocksIterator chunks = rocks.db().newIterator(rocks.log(), read)) {
            chunks.seek(LogKey.encode(generation, partition, fromOffset));
            visitChunks(chunks, visitor);
            chunks.status();
        }
    }

    private ReadOptions logReadOptions(Slice end, long aheadBytes) {
        long readaheadSize = aheadBytes == Store.AHEAD_AS_CONFIGURED ? readaheadBytes : aheadBytes;
        return new ReadOptions()
                .setIterateUpperBound(end)
                .setFillCache(false)
                .setVerifyChecksums(true)
                .setTotalOrderSeek(true)
                .setBackgroundPurgeOnIteratorCleanup(true)
                .setReadaheadSize(readaheadSize);
    }

    private void visitChunks(RocksIterator chunks, ChunkVisitor visitor) {
        ByteBuffer key = ByteBuffer.allocate(LogKey.BYTES);
        ByteBuffer buffer = buffers.take();
        try {
            boolean goOn = true;
            while (goOn && chunks.isValid()) {
                chunks.key(key.array());
                buffer = readValue(chunks, buffer);
                goOn = visitor.visit(LogKey.lastOffset(key), buffer);
                if (goOn) {
                    chunks.next();
                }
            }
        } finally {
            buffers.give(buffer);
        }
    }

    /** RocksDB fills what there is room for and answers the full length: a larger value is read again. */
    private static ByteBuffer readValue(RocksIterator chunks, ByteBuffer buffer) {
        int valueBytes = chunks.value(buffer.clear());
        if (valueBytes <= buffer.capacity()) {
            return buffer;
        }
        ByteBuffer larger = ChunkBuffers.allocateAtLeast(valueBytes);
        chunks.value(larger);
        return larger;
    }
}
