package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL at any moment loses nothing that was synced, and leaves no commit half there. */
final class RocksKillTest {
    private static final int KILL_COUNT = 4;

    @TempDir
    Path directory;

    @Test
    void keepsAllThatWasSyncedWhenKilled() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        int next = 0;
        for (int kill = 0; kill < KILL_COUNT; kill++) {
            int lastSynced = writeUntilKilled(next, 20 + random.nextInt(400));
            next = checkAfter(lastSynced) + 1;
        }
    }

    private int writeUntilKilled(int first, int lineCount) throws Exception {
        int lastSynced = -1;
        try (StoreChild child = StoreChild.start("write", directory, first)) {
            for (int i = 0; i < lineCount; i++) {
                lastSynced = Integer.parseInt(child.readLine());
            }
            child.kill();
            for (String line = child.readLine(); line != null; line = child.readLine()) {
                lastSynced = Integer.parseInt(line);
            }
        }
        return lastSynced;
    }

    /** Returns the last row; rows are dense from 0, and each has its chunk. */
    private int checkAfter(int lastSynced) {
        try (DataDirectory data = DataDirectory.open(directory);
                RocksStore store = RocksStore.open(data.shardDirectory(0), StoreChild.OPTIONS)) {
            int[] rowCount = new int[1];
            store.scan(Table.META, new byte[0], new byte[] {-1}, (key, value) -> {
                assertThat(key).isEqualTo(StoreChild.row(rowCount[0]));
                assertThat(value).isEqualTo(key);
                return ++rowCount[0] > 0;
            });
            assertThat(rowCount[0]).as("rows, with %d synced", lastSynced).isGreaterThan(lastSynced);
            TreeMap<Long, Integer> chunks = new TreeMap<>();
            for (int generation = 0; generation <= rowCount[0]; generation++) {
                store.scanLog(generation, 1, 0, (last, chunk) -> chunks.put(last, chunk.getInt(0)) == null);
            }
            assertThat(chunks).hasSize(rowCount[0]);
            chunks.forEach((offset, n) -> assertThat(offset).isEqualTo((long) n));
            assertThat(store.stats().logCompactionBytes()).isZero();
            return rowCount[0] - 1;
        }
    }
}
