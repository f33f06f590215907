package dev.millrace.core.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;

/**
 * Measures durable writes and scans of a {@link RocksStore} beside a bare file: {@code main DIRECTORY [MEGABYTES]}.
 *
 * <p>A committer writes batches of 1 MiB while a second thread syncs in a loop; at most 16 MiB wait for a sync, as the
 * shard bounds it. Not a test: it asserts nothing.
 */
final class StoreBenchmark {
    private static final int MIB = 1 << 20;
    private static final int UNSYNCED_BATCHES_MAX = 16;

    private StoreBenchmark() {}

    public static void main(String[] args) throws Exception {
        Path directory = Files.createDirectories(Path.of(args[0]));
        int megabytes = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
        for (int round = 0; round < 2; round++) {
            System.out.printf(
                    "bare file, fdatasync after each 1 MiB   %7.0f MB/s%n", bareFile(directory, megabytes, 1));
            System.out.printf(
                    "bare file, fdatasync after each 16 MiB  %7.0f MB/s%n", bareFile(directory, megabytes, 16));
            for (int chunkBytes : new int[] {64 << 10, MIB}) {
                store(directory, megabytes, chunkBytes);
            }
        }
    }

    private static double bareFile(Path directory, int megabytes, int syncEvery) throws IOException {
        Path file = directory.resolve("bare");
        ByteBuffer block = noise(MIB);
        long start = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int i = 1; i <= megabytes; i++) {
                block.clear();
                while (block.hasRemaining()) {
                    channel.write(block);
                }
                if (i % syncEvery == 0) {
                    channel.force(false);
                }
            }
            channel.force(false);
        } finally {
            Files.delete(file);
        }
        return rate(megabytes, start);
    }

    private static void store(Path directory, int megabytes, int chunkBytes) throws Exception {
        Path path = directory.resolve("store");
        StoreOptions options = StoreOptions.defaults();
        long[] syncNanos = new long[megabytes + 1];
        try (RocksStore store = RocksStore.open(path, options)) {
            long cpuStart = processCpuNanos();
            long start = System.nanoTime();
            int syncCount = writeDurably(store, options, megabytes, chunkBytes, syncNanos);
            double rate = rate(megabytes, start);
            long cpuMs = (processCpuNanos() - cpuStart) / 1_000_000;
            Arrays.sort(syncNanos, 0, syncCount);
            StoreStats stats = store.stats();
            System.out.printf(
                    "store, %4d KiB chunks: %4.0f MB/s durable, %d syncs, sync p50 %.1f ms p99 %.1f ms, cpu %.2f ms/MB,"
                            + " amplification %.2f, log compaction %d, stalled %d ms%n",
                    chunkBytes >> 10,
                    rate,
                    syncCount,
                    syncNanos[syncCount / 2] / 1e6,
                    syncNanos[syncCount * 99 / 100] / 1e6,
                    (double) cpuMs / megabytes,
                    stats.writeAmplification(),
                    stats.logCompactionBytes(),
                    stats.stallMicros() / 1000);
        }
        try (RocksStore store = RocksStore.open(path, options)) {
            long start = System.nanoTime();
            long[] bytes = new long[1];
            for (int generation = 0; generation <= megabytes / 100; generation++) {
                for (int partition = 0; partition < 8; partition++) {
                    store.scanLog(generation, partition, 0, (last, chunk) -> (bytes[0] += chunk.remaining()) > 0);
                }
            }
            System.out.printf("store, scan of %d MB: %.0f MB/s%n", bytes[0] / MIB, rate((int) (bytes[0] / MIB), start));
        }
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
        Files.delete(RocksRecovery.beaconOf(path));
    }

    private static int writeDurably(
            RocksStore store, StoreOptions options, int megabytes, int chunkBytes, long[] syncNanos)
            throws InterruptedException {
        Semaphore room = new Semaphore(UNSYNCED_BATCHES_MAX);
        int[] syncCount = new int[1];
        Thread syncer = new Thread(() -> {
            int synced = 0;
            long lastSequence = 0;
            long batchChanges = 2L * (MIB / chunkBytes);
            while (synced < megabytes) {
                long start = System.nanoTime();
                long sequence = store.sync();
                if (sequence > lastSequence) {
                    syncNanos[syncCount[0]++] = System.nanoTime() - start;
                    int batches = (int) ((sequence - lastSequence) / batchChanges);
                    lastSequence = sequence;
                    synced += batches;
                    room.release(batches);
                } else {
                    Thread.onSpinWait();
                }
            }
        });
        syncer.start();
        StoreLoad load = new StoreLoad(store, options.generationBytes(), 0, 8, chunkBytes);
        for (int i = 0; i < megabytes; i++) {
            room.acquire();
            load.commit(MIB / chunkBytes);
        }
        syncer.join();
        return syncCount[0];
    }

    private static long processCpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private static double rate(int megabytes, long startNanos) {
        return megabytes * (double) MIB / 1e6 / ((System.nanoTime() - startNanos) / 1e9);
    }

    private static ByteBuffer noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(1).nextBytes(noise);
        return ByteBuffer.allocateDirect(bytes).put(noise);
    }
}
