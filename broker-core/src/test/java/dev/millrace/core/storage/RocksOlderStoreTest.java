package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDB;

/** A store that an older release made lacks the tables that came later. */
class RocksOlderStoreTest {
    private static final byte[] KEY = {1};

    @TempDir
    Path directory;

    @Test
    void isOpenedAndGetsTheTablesThatCameLater() throws Exception {
        Path store = directory.resolve("shard-0");
        makeOldStore(store);
        try (RocksReadOnlyStore checked = RocksReadOnlyStore.open(store, StoreOptions.defaults(), false)) {
            assertThat(checked.get(Table.META, KEY)).isEqualTo(KEY);
            assertThat(checked.get(Table.STREAM_HEAD, KEY)).isNull();
            checked.scan(Table.STREAM_INDEX, new byte[0], new byte[] {-1}, (key, value) -> {
                throw new AssertionError("a row in a table that is not there");
            });
            checked.scanBackward(Table.STREAM_TAG, new byte[0], new byte[] {-1}, (key, value) -> {
                throw new AssertionError("a row in a table that is not there");
            });
        }
        try (RocksStore opened = RocksStore.open(store, StoreOptions.defaults().withAcceptLoss(true))) {
            assertThat(opened.get(Table.META, KEY)).isEqualTo(KEY);
            WriteSink sink = opened.begin();
            sink.put(Table.STREAM_HEAD, KEY, KEY);
            opened.commit(sink);
            opened.sync();
            assertThat(opened.get(Table.STREAM_HEAD, KEY)).isEqualTo(KEY);
        }
    }

    private static void makeOldStore(Path store) throws Exception {
        Files.createDirectories(store);
        try (RocksOptions options = new RocksOptions(StoreOptions.defaults())) {
            List<ColumnFamilyDescriptor> old = options.families().stream()
                    .filter(family -> !new String(family.getName())
                            .matches("stream_.*|event_id|transaction|timer|timer_key|dead_letter|published_id|journal"))
                    .toList();
            List<ColumnFamilyHandle> handles = new ArrayList<>();
            try (RocksDB db = RocksDB.open(options.db, store.toString(), old, handles)) {
                db.put(handles.get(0), KEY, KEY);
                handles.forEach(ColumnFamilyHandle::close);
            }
        }
    }
}
