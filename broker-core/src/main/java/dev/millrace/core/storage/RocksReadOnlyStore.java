package dev.millrace.core.storage;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.rocksdb.LiveFileMetaData;
import org.rocksdb.RocksDBException;

/** A store that can be looked at and not changed, not even by opening it. Thread: one. */
final class RocksReadOnlyStore implements Store {
    private final RocksHandles rocks;
    private final RocksReads reads;
    private JournaledRows journaled;

    private RocksReadOnlyStore(RocksHandles rocks, long readaheadBytes) {
        this.rocks = rocks;
        this.reads = new RocksReads(rocks, readaheadBytes, this::journaled);
    }

    /**
     * Fails: {@link StoreException} where the database cannot be opened.
     *
     * @param inPart opens what there is, although files are missing or damaged
     */
    static RocksReadOnlyStore open(Path directory, StoreOptions options, boolean inPart) {
        return new RocksReadOnlyStore(RocksHandles.openToCheck(directory, options, inPart), options.readaheadBytes());
    }

    /** The table files that belong to the database now, by name, with their sizes. */
    Map<String, Long> liveFiles() {
        return rocks.db().getLiveFilesMetaData().stream()
                .collect(Collectors.toMap(
                        file -> file.fileName().substring(file.fileName().lastIndexOf('/') + 1),
                        LiveFileMetaData::size,
                        (same, again) -> same,
                        TreeMap::new));
    }

    /** Not read before it is needed: a damaged journal must not keep the files and the other tables from being looked at. */
    private JournaledRows journaled() {
        if (journaled == null) {
            journaled = RocksJournal.load(rocks);
        }
        return journaled;
    }

    @Override
    public long committedSequence() {
        return rocks.db().getLatestSequenceNumber();
    }

    @Override
    public byte[] get(Table table, byte[] key) {
        try {
            return reads.get(table, key);
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "a read of " + table, rocks.directory());
        }
    }

    @Override
    public void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        try {
            reads.scan(table, fromInclusive, toExclusive, visitor);
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "a scan of " + table, rocks.directory());
        }
    }

    @Override
    public void scanBackward(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {
        try {
            reads.scanBackward(table, fromInclusive, toExclusive, visitor);
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "a scan of " + table, rocks.directory());
        }
    }

    @Override
    public void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor) {
        try {
            reads.scanLog(generation, partition, fromOffset, aheadBytes, visitor);
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "a scan of the log", rocks.directory());
        }
    }

    @Override
    public WriteSink begin() {
        throw readOnly();
    }

    @Override
    public long commit(WriteSink sink) {
        throw readOnly();
    }

    @Override
    public long sync() {
        throw readOnly();
    }

    @Override
    public void rotate(int newGeneration) {
        throw readOnly();
    }

    @Override
    public void dropGenerations(List<GenerationRange> ranges) {
        throw readOnly();
    }

    @Override
    public StoreStats stats() {
        throw readOnly();
    }

    private static UnsupportedOperationException readOnly() {
        return new UnsupportedOperationException("this store was opened for reading only");
    }

    @Override
    public void close() {
        rocks.close();
    }
}
