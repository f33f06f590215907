package dev.millrace.core.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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

    /** @param replayed how much of the write-ahead logs, or null; see {@link RocksReplayLimit} */
    static RocksHandles open(Path directory, StoreOptions storeOptions, Map<Long, Long> replayed) {
        if (replayed == null) {
            return open(directory, storeOptions, RocksOptions::families, RocksDB::open);
        }
        return open(directory, storeOptions, RocksOptions::families, (options, path, families, handles) -> {
            try (RocksReplayLimit limit = new RocksReplayLimit(replayed)) {
                return RocksDB.open(options.setWalFilter(limit), path, families, handles);
            }
        });
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

    /** A family that a newer release adds need not exist yet: its handle is null, and {@link RocksReads} finds it empty. */
    private static RocksDB openExisting(
            DBOptions options, String path, List<ColumnFamilyDescriptor> families, List<ColumnFamilyHandle> handles)
            throws RocksDBException {
        Set<String> existing = new HashSet<>();
        try (Options listing = new Options()) {
            RocksDB.listColumnFamilies(listing, path).forEach(name -> existing.add(new String(name, UTF_8)));
        }
        // Where there is none, the store is damaged, which opening it says better.
        List<ColumnFamilyDescriptor> present = families.stream()
                .filter(family -> existing.isEmpty() || existing.contains(new String(family.getName(), UTF_8)))
                .toList();
        List<ColumnFamilyHandle> opened = new ArrayList<>();
        RocksDB db = RocksDB.openReadOnly(options, path, present, opened);
        for (ColumnFamilyDescriptor family : families) {
            int at = present.indexOf(family);
            handles.add(at < 0 ? null : opened.get(at));
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

    /** Of {@link RocksJournal}; null as with {@link #table}. */
    ColumnFamilyHandle journal() {
        return all.get(Table.values().length);
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
