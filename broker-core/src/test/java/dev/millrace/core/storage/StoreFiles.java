package dev.millrace.core.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What a test does to a store's files behind its back. */
final class StoreFiles {
    private StoreFiles() {}

    /** What a crash at this moment would leave, beside the store that goes on but is not written meanwhile. */
    static Path crashImage(Path store, Path target) throws IOException {
        Files.createDirectories(target);
        boolean copied = false;
        while (!copied) {
            copied = copyAll(store, target);
        }
        Files.copy(RocksRecovery.beaconOf(store), RocksRecovery.beaconOf(target));
        return target;
    }

    /** False where a flush or compaction of RocksDB changed the files while they were copied. */
    private static boolean copyAll(Path store, Path target) throws IOException {
        for (Path file : list(target)) {
            Files.delete(file);
        }
        try {
            List<String> before = namesAndSizes(store);
            for (Path file : list(store)) {
                if (!file.endsWith("LOCK")) {
                    Files.copy(file, target.resolve(file.getFileName()));
                }
            }
            return namesAndSizes(store).equals(before);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static List<String> namesAndSizes(Path directory) throws IOException {
        return list(directory).stream()
                .filter(file -> !file.endsWith("LOG"))
                .map(file -> file + " " + file.toFile().length())
                .toList();
    }

    static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted(Comparator.comparing(Path::toString)).toList();
        }
    }

    static List<Path> list(Path directory, String suffix) throws IOException {
        return list(directory).stream()
                .filter(file -> file.toString().endsWith(suffix))
                .toList();
    }

    /** The write-ahead log that holds data. */
    static Path fullestLog(Path store) throws IOException {
        return list(store, ".log").stream()
                .max(Comparator.comparing(file -> file.toFile().length()))
                .orElseThrow();
    }

    static void flipByte(Path file, long at) {
        try (RandomAccessFile raf = new RandomAccessFile(file.toFile(), "rw")) {
            raf.seek(at);
            int b = raf.read();
            raf.seek(at);
            raf.write(b ^ 0x5a);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void zero(Path file, long from, long to) {
        try (RandomAccessFile raf = new RandomAccessFile(file.toFile(), "rw")) {
            raf.seek(from);
            raf.write(new byte[(int) (to - from)]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void truncate(Path file, long bytes) {
        try (RandomAccessFile raf = new RandomAccessFile(file.toFile(), "rw")) {
            raf.setLength(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
