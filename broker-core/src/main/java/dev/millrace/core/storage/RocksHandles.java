package dev.millrace.core.storage;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** An open database with its column families, closed in the one order that does not crash the process. */
record RocksHandles(Path directory, RocksOptions options, RocksDB db, List<ColumnFamilyHandle> all)
        implements AutoCloseable {

    static RocksHandles open(Path directory, StoreOptions storeOptions, boolean readOnly) {
        RocksOptions options = null;
        try {
            options = new RocksOptions(storeOptions);
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            RocksDB db = readOnly
                    ? RocksDB.openReadOnly(options.db, directory.toString(), options.families(), handles)
                    : RocksDB.open(options.db, directory.toString(), options.families(), handles);
            return new RocksHandles(directory, options, db, List.copyOf(handles));
        } catch (RocksDBException e) {
            if (options != null) {
                options.close();
            }
            throw RocksErrors.of(e, "opening the store", directory);
        }
    }

    ColumnFamilyHandle log() {
        return all.get(all.size() - 1);
    }

    ColumnFamilyHandle table(Table table) {
        return all.get(table.ordinal());
    }

    ColumnFamilyHandle[] tables() {
        return all.subList(0, Table.values().length).toArray(ColumnFamilyHandle[]::new);
    }

    /** The newest generation in the log, or -1. */
    int newestGeneration() {
        try (RocksIterator chunks = db.newIterator(log())) {
            chunks.seekToLast();
            chunks.status();
            return chunks.isValid() ? LogKey.generation(chunks.key()) : -1;
        } catch (RocksDBException e) {
            throw RocksErrors.of(e, "reading the newest generation", directory);
        }
    }

    /** Families, database, then the options and what they hold. */
    @Override
    public void close() {
        db.cancelAllBackgroundWork(true);
        all.forEach(ColumnFamilyHandle::close);
        try {
            db.closeE();
        } catch (RocksDBException e) {
            System.getLogger(RocksHandles.class.getName())
                    .log(System.Logger.Level.ERROR, "store.close.failed directory=" + directory, e);
        }
        // closeE leaves the native object to close(), which is a no-op where closeE succeeded.
        db.close();
        options.close();
    }
}
