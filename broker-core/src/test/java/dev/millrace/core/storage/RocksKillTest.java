package dev.millrace.core.storage;

import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.Random;
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
            next = StoreChild.check(directory, lastSynced) + 1;
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
}
