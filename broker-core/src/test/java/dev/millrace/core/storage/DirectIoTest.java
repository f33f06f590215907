package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;

final class DirectIoTest {
    private static final StoreOptions OPTIONS = StoreOptions.defaults();

    @TempDir
    Path directory;

    @Test
    void whereTheProbeFailsTheStoreDoesWithoutDirectWrites() {
        Path missing = directory.resolve("missing");
        assertThat(DirectIo.whereItWorks(OPTIONS, missing)).isEqualTo(OPTIONS.withDirectWrites(false));
    }

    /** Whatever can be done here is done: what was probed is what RocksDB gets. */
    @Test
    void theStoreWritesAsItWasProbed() throws IOException {
        Path file = Files.createFile(directory.resolve("probe"));
        assertThat(writesDirectly(OPTIONS, "a"))
                .isEqualTo(DirectIo.whereItWorks(OPTIONS, file).directWrites());
        assertThat(writesDirectly(OPTIONS.withDirectWrites(false), "b")).isFalse();
    }

    private boolean writesDirectly(StoreOptions options, String name) {
        try (RocksStore store = RocksStore.open(directory.resolve(name), options)) {
            return store.rocks().options().db.useDirectIoForFlushAndCompaction();
        }
    }

    @Test
    void whatOneWayWroteTheOtherReads() throws RocksDBException {
        Path path = directory.resolve("s");
        for (int round = 0; round < 4; round++) {
            boolean direct = round % 2 == 0;
            try (RocksStore store = RocksStore.open(path, OPTIONS.withDirectWrites(direct))) {
                for (int i = 0; i < round; i++) {
                    assertThat(store.get(Table.META, key(i)))
                            .as("row %d in round %d", i, round)
                            .isEqualTo(value(i));
                }
                WriteSink sink = store.begin();
                sink.put(Table.META, key(round), value(round));
                store.commit(sink);
                store.sync();
                try (FlushOptions wait = new FlushOptions().setWaitForFlush(true)) {
                    store.rocks().db().flush(wait, store.rocks().table(Table.META));
                }
            }
        }
    }

    private static byte[] key(int round) {
        return new byte[] {1, (byte) round};
    }

    private static byte[] value(int round) {
        byte[] value = new byte[3_000 + round];
        value[5] = (byte) round;
        return value;
    }
}
