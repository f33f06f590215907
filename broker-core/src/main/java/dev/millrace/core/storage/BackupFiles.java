package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * Makes, checks and restores the directory of one backup. It is laid out like a data directory, with a manifest beside.
 *
 * <p>Thread: one for each backup. Fails: {@link StoreException}.
 */
public final class BackupFiles {
    private static final String SHARD = DataDirectory.SHARD_PREFIX + 0;
    private static final int BUFFER_BYTES = 1 << 20;

    private BackupFiles() {}

    /** What a backup is called, when it was made and by which version. */
    public record Label(String name, String createdAt, String version) {}

    /**
     * Fills {@code target}, which must not exist, with a picture of a running store. Durable on return: files, their
     * directories and the manifest.
     *
     * @param data the data directory of the store
     * @param copyBytesMax see {@link Store#checkpoint}
     */
    public static BackupManifest make(Path target, Store store, Path data, Label label, long copyBytesMax) {
        try {
            Files.createDirectory(target);
            long sequence = store.checkpoint(target.resolve(SHARD), copyBytesMax);
            Files.copy(data.resolve(DataDirectory.FORMAT), target.resolve(DataDirectory.FORMAT));
            try (Beacon beacon = Beacon.open(RocksRecovery.beaconOf(target.resolve(SHARD)), null)) {
                // Both slots: one that is damaged later can then be told from one that was never written.
                beacon.write(sequence, false);
                beacon.write(sequence, false);
            }
            List<BackupManifest.Entry> entries = new ArrayList<>();
            for (String file : filesIn(target)) {
                sync(target.resolve(file));
                long[] bytes = {0};
                long crc = checksum(target.resolve(file), read -> bytes[0] += read);
                entries.add(new BackupManifest.Entry(file, bytes[0], crc));
            }
            BackupManifest manifest = new BackupManifest(label, sequence, entries);
            Files.writeString(target.resolve(BackupManifest.FILE), manifest.text());
            sync(target.resolve(BackupManifest.FILE));
            DataDirectory.syncDirectory(target.resolve(SHARD));
            DataDirectory.syncDirectory(target);
            return manifest;
        } catch (IOException e) {
            throw failed("cannot write the backup " + target, e);
        }
    }

    private static StoreException failed(String what, IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains("No space left");
        return new StoreException(full ? Kind.DISK_FULL : Kind.IO, what + ": " + e, e);
    }

    /** Holds each file of a backup against its manifest. */
    public static void check(Path backup, Findings findings) {
        BackupManifest manifest;
        try {
            manifest = BackupManifest.read(backup);
        } catch (StoreException e) {
            findings.damaged(Damage.ofFile(BackupManifest.FILE, e.getMessage()));
            return;
        }
        manifest.files().forEach(file -> findings.expectBytes(file.bytes()));
        Set<String> known = new HashSet<>();
        for (BackupManifest.Entry entry : manifest.files()) {
            known.add(entry.path());
            String problem = problemIn(backup.resolve(entry.path()), entry, findings::advance);
            if (problem != null) {
                findings.damaged(Damage.ofFile(entry.path(), problem));
            }
        }
        try {
            filesIn(backup).stream()
                    .filter(file -> !known.contains(file) && !file.equals(BackupManifest.FILE))
                    .forEach(file -> findings.damaged(Damage.ofFile(file, "does not belong to the backup")));
        } catch (IOException e) {
            throw failed("cannot list " + backup, e);
        }
    }

    private static String problemIn(Path file, BackupManifest.Entry entry, LongConsumer progress) {
        try {
            long bytes = Files.size(file);
            if (bytes != entry.bytes()) {
                return "has " + bytes + " bytes, the backup's manifest says " + entry.bytes();
            }
            return checksum(file, progress) == entry.crc32c()
                    ? null
                    : "its checksum is not the one in the backup's manifest";
        } catch (NoSuchFileException e) {
            return "is missing";
        } catch (IOException e) {
            return "cannot be read: " + e;
        }
    }

    /**
     * Copies a backup that was checked into a new data directory. Durable on return. What a crash leaves is no data
     * directory, because the file that makes it one comes last.
     */
    public static BackupManifest restore(Path backup, Path target, Findings progress) {
        BackupManifest manifest = BackupManifest.read(backup);
        try {
            Files.createDirectories(target.resolve(SHARD));
            for (BackupManifest.Entry entry : manifest.files()) {
                boolean last = entry.path().equals(DataDirectory.FORMAT);
                Path file = target.resolve(last ? DataDirectory.FORMAT_NEW : entry.path());
                long crc = copy(backup.resolve(entry.path()), file, progress::advance);
                if (crc != entry.crc32c()) {
                    throw new StoreException(
                            Kind.DAMAGED,
                            "the file " + backup.resolve(entry.path())
                                    + " is not what the backup's manifest says. Use another backup.");
                }
            }
            DataDirectory.syncDirectory(target.resolve(SHARD));
            DataDirectory.syncDirectory(target);
            Files.move(
                    target.resolve(DataDirectory.FORMAT_NEW),
                    target.resolve(DataDirectory.FORMAT),
                    StandardCopyOption.ATOMIC_MOVE);
            DataDirectory.syncDirectory(target);
            DataDirectory.syncDirectory(target.toAbsolutePath().getParent());
            return manifest;
        } catch (IOException e) {
            throw failed("cannot restore into " + target, e);
        }
    }

    /** Fails: NOT_WRITABLE where {@code target} holds anything. */
    public static void requireEmpty(Path target) {
        if (!Files.exists(target)) {
            return;
        }
        try (Stream<Path> entries = Files.list(target)) {
            if (entries.anyMatch(entry -> !entry.getFileName().toString().equals("lost+found"))) {
                throw new StoreException(
                        Kind.NOT_WRITABLE,
                        "the directory " + target.toAbsolutePath()
                                + " is not empty, and a backup is never restored over other files. Name a new or an empty"
                                + " directory.");
            }
        } catch (IOException e) {
            throw failed("cannot list " + target.toAbsolutePath(), e);
        }
    }

    /** Paths of all files below, relative, in order. */
    private static List<String> filesIn(Path directory) throws IOException {
        try (Stream<Path> found = Files.walk(directory)) {
            return found.filter(path -> !Files.isDirectory(path))
                    .map(path -> directory.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    private static long checksum(Path file, LongConsumer progress) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, (buffer, bytes) -> progress.accept(bytes));
        }
    }

    private static long copy(Path from, Path to, LongConsumer progress) throws IOException {
        long crc;
        try (InputStream in = Files.newInputStream(from);
                OutputStream out = Files.newOutputStream(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            crc = read(in, (buffer, bytes) -> {
                out.write(buffer, 0, bytes);
                progress.accept(bytes);
            });
        }
        sync(to);
        return crc;
    }

    @FunctionalInterface
    private interface Sink {
        void accept(byte[] buffer, int bytes) throws IOException;
    }

    private static long read(InputStream from, Sink sink) throws IOException {
        CheckedInputStream in = new CheckedInputStream(from, new CRC32C());
        byte[] buffer = new byte[BUFFER_BYTES];
        for (int bytes = in.read(buffer); bytes >= 0; bytes = in.read(buffer)) {
            sink.accept(buffer, bytes);
        }
        return in.getChecksum().getValue();
    }

    /** Links among them share their bytes with the running store, to which a sync more does no harm. */
    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
