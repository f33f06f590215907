package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cost promise of the generation layout: payload is written twice, old generations go as whole files. */
final class RocksGenerationTest {
    private static final long MIB = 1 << 20;
    private static final StoreOptions OPTIONS = StoreOptions.defaults().withGenerationBytes(8 * MIB);

    @TempDir
    Path directory;

    @Test
    void writesPayloadTwiceAndNeverRewritesIt() {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 12, 64 << 10);
            while (store.stats().payloadBytes() < 320 * MIB) {
                load.commit(16);
                store.sync();
            }
            store.rotate(load.generation() + 1);
            await(() -> store.stats().flushBytes() >= 320 * MIB);
            StoreStats stats = store.stats();
            System.out.println(stats + " amplification=" + stats.writeAmplification());
            assertThat(stats.logCompactionBytes()).isZero();
            assertThat(stats.writeAmplification()).isBetween(2.0, 2.2);
            assertThat(load.generation()).as("generations").isGreaterThan(30);
        }
    }

    /** The condition comes true by RocksDB's own threads; a time-out of JUnit would hide what was waited for. */
    private static void await(BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + 30_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("did not come true within 30 s");
            }
            Thread.onSpinWait();
        }
    }

    private static ByteBuffer chunk(int bytes) {
        return ByteBuffer.allocateDirect(bytes);
    }
}
