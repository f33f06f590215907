package dev.millrace.core.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.TickerType;

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
            assertThat(stats.logCompactionBytes()).isZero();
            assertThat(stats.writeAmplification()).isBetween(2.0, 2.2);
            assertThat(load.generation()).as("generations").isGreaterThan(30);
        }
    }

    @Test
    void freesTheDiskOfOldGenerations() throws IOException {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 12, 64 << 10);
            for (int generation = 0; generation < 12; generation++) {
                while (load.generation() == generation) {
                    load.commit(16);
                }
                // RocksDB flushes what piled up into one file, which then goes only with its newest generation.
                await(() -> store.stats().flushBytes() >= store.stats().payloadBytes());
            }
            store.sync();
            await(() -> {
                store.dropGenerationsBelow(10);
                return store.stats().diskBytes() < 5 * OPTIONS.generationBytes();
            });
            for (int generation = 0; generation < 10; generation++) {
                assertThat(firstChunk(store, generation))
                        .as("generation %d", generation)
                        .isFalse();
            }
            assertThat(firstChunk(store, 10)).isTrue();
            assertThat(firstChunk(store, 11)).isTrue();
            assertThat(store.stats().logCompactionBytes()).isZero();
        }
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            assertThat(firstChunk(store, 9)).isFalse();
            assertThat(firstChunk(store, 11)).isTrue();
        }
    }

    @Test
    void movesTheNewestFileOnSoThatItCanBeDroppedToo() {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            WriteSink sink = store.begin();
            sink.appendChunk(0, 1, 1, ByteBuffer.allocateDirect(1 << 20));
            store.commit(sink);
            store.rotate(1);
            await(() -> {
                store.dropGenerationsBelow(1);
                return !firstChunk(store, 0);
            });
            assertThat(store.stats().logCompactionBytes()).isZero();
        }
    }

    @Test
    void keepsTheWriteAheadLogShortAlthoughSmallTablesChangeLittle() {
        try (RocksStore store = RocksStore.open(directory.resolve("s"), OPTIONS)) {
            StoreLoad load = new StoreLoad(store, OPTIONS.generationBytes(), 0, 12, 64 << 10);
            for (int generation = 0; generation < 12; generation++) {
                while (load.generation() == generation) {
                    load.commit(16);
                }
                await(() -> store.stats().flushBytes() >= store.stats().payloadBytes());
                // A generation being written, and the two since the last flush of the small tables.
                await(() -> logBytes() <= 3 * OPTIONS.generationBytes());
            }
            assertThat(store.stats().logCompactionBytes()).isZero();
        }
    }

    private long logBytes() {
        long bytes = 0;
        for (File file : directory.resolve("s").toFile().listFiles()) {
            bytes += file.getName().endsWith(".log") ? file.length() : 0;
        }
        return bytes;
    }

    @Test
    void tellsCompactionOfTheTablesFromCompactionOfTheLog() {
        StoreOptions small = new StoreOptions(8 * MIB, 8 * MIB, MIB, MIB, 2, MIB, true, false);
        try (RocksStore store = RocksStore.open(directory.resolve("s"), small)) {
            Random random = new Random(1);
            byte[] value = new byte[1000];
            await(() -> {
                WriteSink sink = store.begin();
                for (int i = 0; i < 1000; i++) {
                    random.nextBytes(value);
                    sink.put(Table.GROUP, LogKey.encode(0, 0, random.nextInt(20_000)), value);
                }
                store.commit(sink);
                return store.stats().compactionBytes() > 0;
            });
            assertThat(store.stats().logCompactionBytes()).isZero();
        }
    }

    /** The counter must be able to rise, or the zero above would mean nothing. */
    @Test
    void countsARealCompactionOfTheLogExactly() throws RocksDBException {
        // Of direct writes RocksDB counts the rest of the last page, too.
        StoreOptions buffered = OPTIONS.withDirectWrites(false);
        try (RocksHandles rocks = RocksHandles.open(directory.resolve("s"), buffered, null);
                FlushOptions wait = new FlushOptions().setWaitForFlush(true);
                CompactRangeOptions all = new CompactRangeOptions()) {
            for (int file = 0; file < 3; file++) {
                for (int n = 0; n < 100; n++) {
                    rocks.db().put(rocks.log(), LogKey.encode(0, 1, n), new byte[10_000]);
                }
                rocks.db().flush(wait, rocks.log());
                rocks.db().compactRange(rocks.log(), null, null, all);
            }
            RocksOptions options = rocks.options();
            await(() -> options.events.logCompactionBytes() > 1_000_000);
            assertThat(options.events.logCompactionBytes())
                    .isEqualTo(options.statistics.getTickerCount(TickerType.COMPACT_WRITE_BYTES));
        }
    }

    @Test
    void opensWithTheOptionsThatItMeant() throws IOException {
        RocksStore.open(directory.resolve("s"), OPTIONS).close();
        Path file = StoreFiles.list(directory.resolve("s")).stream()
                .filter(each -> each.getFileName().toString().startsWith("OPTIONS-"))
                .reduce((older, newer) -> newer)
                .orElseThrow();
        String written = Files.readString(file);
        String log = written.substring(written.indexOf("[CFOptions \"log\"]"));
        assertThat(written)
                .contains("track_and_verify_wals_in_manifest=true", "recycle_log_file_num=0", "paranoid_checks=true")
                .contains("wal_recovery_mode=kPointInTimeRecovery", "max_total_wal_size=" + 80 * MIB);
        assertThat(log)
                .contains("\n  ttl=0\n", "\n  periodic_compaction_seconds=0\n", "\n  compression=kNoCompression\n")
                .contains("\n  num_levels=2\n", "\n  write_buffer_size=" + 16 * MIB, "rocksdb.FixedPrefix")
                .contains("\n  level0_file_num_compaction_trigger=1\n")
                .contains("\n  level_compaction_dynamic_level_bytes=false\n")
                .doesNotContain("compression_per_level=k");
    }

    private static boolean firstChunk(Store store, int generation) {
        boolean[] found = new boolean[1];
        for (int partition = 0; partition < 12 && !found[0]; partition++) {
            store.scanLog(generation, partition, 0, (last, chunk) -> !(found[0] = true));
        }
        return found[0];
    }

    /** The condition comes true by RocksDB's own threads; a time-out of JUnit would hide what was waited for. */
    private static void await(BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + 30_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("did not come true within 30 s");
            }
            LockSupport.parkNanos(2_000_000);
        }
    }
}
