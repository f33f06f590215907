package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The directory that holds all of a broker's data, claimed by one process.
 *
 * <pre>
 * millrace.lock    held while a broker runs; names its process
 * FORMAT           format version and cluster id, with a checksum
 * shard-0/         the store
 * shard-0.beacon   how far the store was durable, see {@link Beacon}
 * ballast          space to give up when the disk is full, see {@link Ballast}
 * </pre>
 */
public final class DataDirectory implements AutoCloseable {
    /** 2 since event ids are kept in runs and the index of streams in a row a run: docs/adr/2026-11-28-ids-in-runs.md. */
    public static final int FORMAT_VERSION = 2;

    static final String LOCK = "millrace.lock";
    static final String SHARD_PREFIX = "shard-";
    static final String FORMAT = "FORMAT";
    static final String FORMAT_NEW = "FORMAT.new";
    private static final String VERSION_KEY = "millrace.format";
    private static final String CLUSTER_KEY = "cluster.id";
    private static final String CHECKSUM_KEY = "checksum";

    /** Names that may lie in a directory that is not yet in use: ours from a first start cut short, and ext4's. */
    private static final Set<String> BEFORE_FORMAT = Set.of(LOCK, FORMAT_NEW, "lost+found");

    /**
     * Directories held by this JVM. Static on purpose: a second channel on a lock file, once closed, drops the lock of
     * the whole process (POSIX), so an attempt from inside must be refused before it opens the file.
     */
    private static final Set<Path> HELD = new HashSet<>();

    private final Path path;
    private final FileChannel lockChannel;
    private UUID clusterId;
    private boolean closed;

    private DataDirectory(Path path, FileChannel lockChannel) {
        this.path = path;
        this.lockChannel = lockChannel;
    }

    /**
     * Claims the directory, creating it where it is missing.
     *
     * <p>Fails: {@link StoreException} IN_USE, NOT_WRITABLE, FORMAT_VERSION, DAMAGED, IO.
     */
    public static DataDirectory open(Path directory) {
        Path path = create(directory);
        claimInThisProcess(path);
        FileChannel channel = null;
        try {
            refuseBackup(path);
            refuseForeign(path);
            channel = lock(path);
            DataDirectory opened = new DataDirectory(path, channel);
            opened.clusterId = Files.exists(path.resolve(FORMAT)) ? readFormat(path) : writeFormat(path);
            return opened;
        } catch (RuntimeException | Error e) {
            release(path, channel);
            throw e;
        }
    }

    /** The directory, absolute and without symbolic links. */
    public Path path() {
        return path;
    }

    /** Made once, when the directory was first used. */
    public UUID clusterId() {
        return clusterId;
    }

    /** Where the store of a shard lies. */
    public Path shardDirectory(int shard) {
        return path.resolve(SHARD_PREFIX + shard);
    }

    /** Gives the directory free; safe twice. The store in it must be closed before. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release(path, lockChannel);
        }
    }

    private static Path create(Path directory) {
        try {
            Files.createDirectories(directory);
            Path path = directory.toRealPath();
            if (!Files.isWritable(path)) {
                throw notWritable(path, "permission denied", null);
            }
            return path;
        } catch (IOException e) {
            throw notWritable(directory.toAbsolutePath(), inWords(e), e);
        }
    }

    /** The JDK says what happened by the exception's type alone. */
    private static String inWords(IOException e) {
        if (e instanceof FileAlreadyExistsException) {
            return e.getMessage() + " is a file, not a directory";
        }
        return e instanceof AccessDeniedException ? e.getMessage() + ": permission denied" : e.getMessage();
    }

    private static StoreException notWritable(Path path, String cause, Throwable error) {
        return new StoreException(
                Kind.NOT_WRITABLE,
                "the data directory " + path + " cannot be created or written (" + cause
                        + "). Give the broker's user write permission, or choose another directory.",
                error);
    }

    static void claimInThisProcess(Path path) {
        synchronized (HELD) {
            if (!HELD.add(path)) {
                throw inUse(path, "this process (pid " + ProcessHandle.current().pid() + ")");
            }
        }
    }

    static StoreException inUse(Path path, String holder) {
        return new StoreException(
                Kind.IN_USE,
                "the data directory " + path + " is in use by " + holder
                        + ". Stop that broker, or choose another data directory.");
    }

    /** A broker on it would change what it is for. */
    private static void refuseBackup(Path path) {
        if (Files.exists(path.resolve(BackupManifest.FILE))) {
            throw new StoreException(
                    Kind.NOT_WRITABLE,
                    "the directory " + path + " is a backup. Restore it into a directory of its own: millrace backup"
                            + " restore " + path + " --data DIR");
        }
    }

    private static void refuseForeign(Path path) {
        if (Files.exists(path.resolve(FORMAT))) {
            return;
        }
        try (Stream<Path> entries = Files.list(path)) {
            List<String> foreign = entries.map(e -> e.getFileName().toString())
                    .filter(name -> !BEFORE_FORMAT.contains(name))
                    .sorted()
                    .limit(3)
                    .toList();
            if (!foreign.isEmpty()) {
                throw new StoreException(
                        Kind.NOT_WRITABLE,
                        "the directory " + path + " is not empty and is not Millrace's: it holds "
                                + String.join(", ", foreign)
                                + " but no FORMAT file. Choose an empty or a new directory; or, if it is a Millrace"
                                + " data directory that lost the file, restore FORMAT from a copy. Nothing was changed.");
            }
        } catch (IOException e) {
            throw notWritable(path, e.toString(), e);
        }
    }

    private static FileChannel lock(Path path) {
        Path file = path.resolve(LOCK);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw inUse(path, holderOf(channel));
            }
            ByteBuffer holder = ascii("pid=" + ProcessHandle.current().pid() + "\n");
            // Over the old text, not after a truncation: a full disk has no room to give back what it took.
            channel.write(holder, 0);
            channel.truncate(holder.limit());
            return channel;
        } catch (IOException e) {
            closeQuietly(channel);
            throw notWritable(path, e.toString(), e);
        } catch (StoreException e) {
            closeQuietly(channel);
            throw e;
        }
    }

    static String holderOf(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(64);
        channel.read(text, 0);
        String written =
                StandardCharsets.US_ASCII.decode(text.flip()).toString().strip();
        return written.isEmpty() ? "another process" : "another process (" + written.replace('=', ' ') + ")";
    }

    /** Fails: {@link StoreException} FORMAT_VERSION, DAMAGED. */
    static UUID readFormat(Path path) {
        Path file = path.resolve(FORMAT);
        Map<String, String> values = new HashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                int equals = line.indexOf('=');
                values.put(line.substring(0, Math.max(0, equals)), line.substring(equals + 1));
            }
        } catch (IOException e) {
            throw damagedFormat(file, e);
        }
        String version = values.get(VERSION_KEY);
        if (version != null && version.matches("[0-9]{1,9}") && !version.equals(Integer.toString(FORMAT_VERSION))) {
            throw new StoreException(
                    Kind.FORMAT_VERSION,
                    "the data in " + path + " has format version " + version + ", this broker reads version "
                            + FORMAT_VERSION + ". Use the broker release that wrote it, or another data directory.");
        }
        try {
            UUID cluster = UUID.fromString(values.getOrDefault(CLUSTER_KEY, ""));
            if (formatText(cluster).equals(Files.readString(file, StandardCharsets.US_ASCII))) {
                return cluster;
            }
        } catch (IllegalArgumentException | IOException e) {
            throw damagedFormat(file, e);
        }
        throw damagedFormat(file, null);
    }

    private static String formatText(UUID cluster) {
        String text = VERSION_KEY + "=" + FORMAT_VERSION + "\n" + CLUSTER_KEY + "=" + cluster + "\n";
        CRC32C crc = new CRC32C();
        crc.update(ascii(text));
        return text + CHECKSUM_KEY + "=" + String.format("%08x", crc.getValue()) + "\n";
    }

    private static StoreException damagedFormat(Path file, Exception cause) {
        return new StoreException(
                Kind.DAMAGED,
                "the file " + file + " is damaged: it must hold the lines " + VERSION_KEY + "=" + FORMAT_VERSION + ", "
                        + CLUSTER_KEY + "=<uuid> and their " + CHECKSUM_KEY + ". Restore it from a copy.",
                cause);
    }

    /** Durable on return, and never half there: written beside, synced, renamed, directory synced. */
    private static UUID writeFormat(Path path) {
        UUID cluster = UUID.randomUUID();
        Path file = path.resolve(FORMAT_NEW);
        try {
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ascii(formatText(cluster));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(file, path.resolve(FORMAT), StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(path);
            return cluster;
        } catch (IOException e) {
            throw notWritable(path, e.toString(), e);
        }
    }

    /** Makes created and renamed entries of a directory durable. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    static void release(Path path, FileChannel channel) {
        closeQuietly(channel);
        synchronized (HELD) {
            HELD.remove(path);
        }
    }

    static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            System.getLogger(DataDirectory.class.getName())
                    .log(System.Logger.Level.WARNING, "data.lock.close.failed error={0}", e.toString());
        }
    }
}
