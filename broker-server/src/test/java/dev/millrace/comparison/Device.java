package dev.millrace.comparison;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

/** What the disk itself can do, asked in the way in which a broker uses it. */
final class Device {
    private static final int SYNCS = 2000;
    private static final int APPEND_BYTES = 4 << 10;
    private static final int CHUNK_BYTES = 1 << 20;
    private static final long SEQUENTIAL_BYTES = 2L << 30;

    private final Path directory;

    Device(Path directory) {
        this.directory = directory;
    }

    /** Appends 4 KiB and calls fdatasync, 2,000 times; the median of one such pair. */
    double syncMedianMs() throws IOException {
        Path file = directory.resolve("device");
        long[] nanos = new long[SYNCS];
        try (FileChannel channel = create(file)) {
            ByteBuffer block = noise(APPEND_BYTES);
            for (int i = 0; i < SYNCS; i++) {
                long start = System.nanoTime();
                write(channel, block);
                channel.force(false);
                nanos[i] = System.nanoTime() - start;
            }
        } finally {
            Files.deleteIfExists(file);
        }
        Arrays.sort(nanos);
        return nanos[SYNCS / 2] / 1e6;
    }

    /** Writes 2 GiB through the page cache and calls fdatasync once, which counts as a part of it. */
    double sequentialMebibytesPerSecond() throws IOException {
        Path file = directory.resolve("device");
        try (FileChannel channel = create(file)) {
            ByteBuffer chunk = noise(CHUNK_BYTES);
            long start = System.nanoTime();
            for (long written = 0; written < SEQUENTIAL_BYTES; written += CHUNK_BYTES) {
                write(channel, chunk);
            }
            channel.force(false);
            return (SEQUENTIAL_BYTES >> 20) / ((System.nanoTime() - start) / 1e9);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static FileChannel create(Path file) throws IOException {
        return FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
    }

    private static void write(FileChannel channel, ByteBuffer block) throws IOException {
        block.rewind();
        while (block.hasRemaining()) {
            channel.write(block);
        }
    }

    /** Direct, as Java would copy it else; incompressible, in case the device compresses. */
    private static ByteBuffer noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(1).nextBytes(noise);
        return ByteBuffer.allocateDirect(bytes).put(noise);
    }
}
