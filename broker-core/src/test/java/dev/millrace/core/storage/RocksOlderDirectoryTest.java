package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** A data directory that a release wrote which did not have all of today's tables. */
final class RocksOlderDirectoryTest {
    private static final byte[] KEY = {1};

    @TempDir
    Path root;

    /** With the tables of release 0.1.0, and a row. */
    private Path older() throws RocksDBException {
        Path directory = root.resolve("shard-0");
        try (RocksOptions options = new RocksOptions(StoreOptions.defaults())) {
            List<ColumnFamilyDescriptor> families = new ArrayList<>(options.families());
            families.removeIf(family ->
                    List.of("dead_letter", "event_id").contains(new String(family.getName(), StandardCharsets.UTF_8)));
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB db = RocksDB.open(options.db, directory.toString(), families, handles)) {
                db.put(handles.get(Table.GROUP.ordinal()), KEY, KEY);
                handles.forEach(ColumnFamilyHandle::close);
            }
        }
        return directory;
    }

    @Test
    void isOpenedAndGetsTheTablesThatItLacks() throws RocksDBException {
        Path directory = older();
        try (RocksStore store =
                RocksStore.open(directory, StoreOptions.defaults().withAcceptLoss(true))) {
            assertThat(store.get(Table.GROUP, KEY)).isEqualTo(KEY);
            assertThat(store.get(Table.DEAD_LETTER, KEY)).isNull();
            WriteSink sink = store.begin();
            sink.put(Table.DEAD_LETTER, KEY, KEY);
            store.commit(sink);
            store.sync();
        }
        try (RocksStore store = RocksStore.open(directory, StoreOptions.defaults())) {
            assertThat(store.get(Table.DEAD_LETTER, KEY)).isEqualTo(KEY);
        }
    }

    @Test
    void isReadWithoutAChangeWhereItIsOnlyChecked() throws RocksDBException {
        Path directory = older();
        try (RocksReadOnlyStore store = RocksReadOnlyStore.open(directory, StoreOptions.defaults(), false)) {
            assertThat(store.get(Table.GROUP, KEY)).isEqualTo(KEY);
            assertThat(store.get(Table.DEAD_LETTER, KEY)).isNull();
            List<byte[]> rows = new ArrayList<>();
            store.scan(Table.EVENT_ID, new byte[0], new byte[] {-1}, (key, value) -> rows.add(key));
            assertThat(rows).isEmpty();
        }
    }
}
