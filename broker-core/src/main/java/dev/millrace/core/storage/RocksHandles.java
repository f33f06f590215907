package dev.millrace.core.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** An open database with its column families, closed in the one order that does not crash the process. */
record RocksHandles(Path directory, RocksOptions options, RocksDB db, List<ColumnFamilyHandle> all)
        implements AutoCloseable {

    static RocksHandles open(Path directory, StoreOptions storeOptions) {
        return open(directory, storeOptions, RocksOptions::families, RocksDB::open);
    }

    /**
     * Reads how far a write-ahead log can be recovered, without changing anything on disk.
     *
     * <p>Opens the default family alone: the chunks in the log are then checked but not kept in memory, and a family that
     * a newer release adds need not exist yet.
     */
    static long recoverableSequence(Path directory, StoreOptions storeOptions) {
        try (RocksHandles readOnly =
                open(directory, storeOptions, options -> options.families().subList(0, 1), RocksDB::openReadOnly)) {
            return readOnly.db.getLatestSequenceNumber();
        }
    }

    /**
     * Opens all families for reading, without changing anything on disk; keeps what the write-ahead log holds in memory.
     *
     * @param inPart opens even where files are missing or damaged: reads of what they hold fail later
     */
    static RocksHandles openToCheck(Path directory, StoreOptions storeOptions, boolean inPart) {
        return open(directory, storeOptions, RocksOptions::families, (options, path, families, handles) -> {
            options.setParanoidChecks(!inPart).setOpenFilesAsync(inPart);
            return openExisting(options, path, families, handles);
        });
    }

    /** A directory of an older release lacks the families that were added since: their handles are null. */
    private static RocksDB openExisting(
            DBOptions options, String path, List<ColumnFamilyDescriptor> families, List<ColumnFamilyHandle> handles)
            throws RocksDBException {
        Set<String> there = new HashSet<>();
        try (Options none = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(none, path)) {
                there.add(new String(name, UTF_8));
            }
        }
        // Nothing is there where the manifest is damaged: the open then says so.
        List<ColumnFamilyDescriptor> existing = families.stream()
                .filter(family -> there.isEmpty() || there.contains(new String(family.getName(), UTF_8)))
                .toList();
        RocksDB db = RocksDB.openReadOnly(options, path, existing, handles);
        for (int i = 0; i < families.size(); i++) {
            if (!existing.contains(families.get(i))) {
                handles.add(i, null);
            }
        }
        return db;
    }

    private static RocksHandles open(
            Path directory,
            StoreOptions storeOptions,
            Function<RocksOptions, List<ColumnFamilyDescriptor>> families,
            Opener opener) {
        RocksOptions options = null;
        try {
            options = new RocksOptions(storeOptions);
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            RocksDB db = opener.open(options.db, directory.toString(), families.apply(options), handles);
            return new RocksHandles(directory, options, db, Collections.unmodifiableList(handles));
        } catch (RocksDBException e) {
            if (options != null) {
                options.close();
            }
            throw RocksErrors.of(e, "opening the store", directory);
        }
    }

    @FunctionalInterface
    private interface Opener {
        RocksDB open(
                DBOptions options, String path, List<ColumnFamilyDescriptor> families, List<ColumnFamilyHandle> handles)
                throws RocksDBException;
    }

    ColumnFamilyHandle log() {
        return all.get(all.size() - 1);
    }

    /** Null where an older release wrote the directory, which is only read, and the table did not exist. */
    ColumnFamilyHandle table(Table table) {
        return all.get(table.ordinal());
    }

    ColumnFamilyHandle[] tables() {
        return all.subList(0, Table.values().length).toArray(ColumnFamilyHandle[]::new);
    }

    /**
     * The newest generation in the log, or -1, right after open, when everything lies in files. Read from the files'
     * key ranges, not from a chunk: one damaged block must not keep the whole store from opening.
     */
    int newestGeneration() {
        return db.getLiveFilesMetaData().stream()
                .filter(file -> Arrays.equals(file.columnFamilyName(), RocksOptions.LOG.getBytes(UTF_8)))
                .mapToInt(file -> LogKey.generation(file.largestKey()))
                .max()
                .orElse(-1);
    }

    /** Families, database, then the options and what they hold. */
    @Override
    public void close() {
        db.cancelAllBackgroundWork(true);
        all.stream().filter(Objects::nonNull).forEach(ColumnFamilyHandle::close);
        try {
            db.closeE();
        } catch (RocksDBException e) {
            System.getLogger(RocksHandles.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "store.close.failed directory={0} error={1}",
                            directory,
                            e.getMessage());
        }
        // closeE leaves the native object to close(), which is a no-op where closeE succeeded.
        db.close();
        options.close();
    }
}
