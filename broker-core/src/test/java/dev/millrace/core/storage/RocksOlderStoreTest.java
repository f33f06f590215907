package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.time.TimeSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** A store that was written before some of the tables were thought of. */
class RocksOlderStoreTest {
    private static final byte[] KEY = {1};
    private static final byte[] VALUE = {2};
    private static final List<String> NEWER = List.of("transaction", "timer", "timer_key");

    @TempDir
    Path directory;

    private RocksStore open() {
        return RocksStore.open(directory, StoreOptions.defaults(), TimeSource.SYSTEM);
    }

    @Test
    void canBeCheckedAsItIsAndGetsTheMissingTablesWhenItIsOpened() throws RocksDBException {
        try (RocksStore store = open()) {
            put(store, Table.GROUP);
        }
        dropNewerTables();
        try (RocksReadOnlyStore store = RocksReadOnlyStore.open(directory, StoreOptions.defaults(), false)) {
            assertThat(store.get(Table.GROUP, KEY)).isEqualTo(VALUE);
            assertThat(store.get(Table.TIMER, KEY)).isNull();
            List<byte[]> rows = new ArrayList<>();
            store.scan(Table.TRANSACTION, new byte[0], new byte[] {(byte) 0xff}, (key, value) -> rows.add(key));
            assertThat(rows).isEmpty();
        }
        try (RocksStore store = open()) {
            assertThat(store.get(Table.GROUP, KEY)).isEqualTo(VALUE);
            put(store, Table.TIMER);
            assertThat(store.get(Table.TIMER, KEY)).isEqualTo(VALUE);
        }
    }

    private static void put(RocksStore store, Table table) {
        WriteSink sink = store.begin();
        sink.put(table, KEY, VALUE);
        store.commit(sink);
        store.sync();
    }

    private void dropNewerTables() throws RocksDBException {
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        try (org.rocksdb.Options listing = new org.rocksdb.Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(listing, directory.toString())) {
                families.add(new ColumnFamilyDescriptor(name));
            }
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        try (DBOptions options = new DBOptions();
                RocksDB db = RocksDB.open(options, directory.toString(), families, handles)) {
            for (int i = 0; i < handles.size(); i++) {
                String name = new String(families.get(i).getName(), StandardCharsets.UTF_8);
                if (NEWER.contains(name)) {
                    db.dropColumnFamily(handles.get(i));
                }
                handles.get(i).close();
            }
        }
    }
}
