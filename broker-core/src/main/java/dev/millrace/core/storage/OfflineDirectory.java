package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/**
 * A data directory, or a backup of one, that no broker runs on: held against brokers for as long as it is looked at, and
 * not changed in any way.
 */
public final class OfflineDirectory implements AutoCloseable {
    private final Path path;
    private final FileChannel lock;
    private boolean closed;

    private OfflineDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Fails: {@link StoreException} IN_USE where a broker runs on it, IO where it is missing or is not Millrace's. */
    public static OfflineDirectory open(Path directory) {
        Path path = existing(directory);
        DataDirectory.claimInThisProcess(path);
        FileChannel lock = null;
        try {
            lock = lock(path);
            return new OfflineDirectory(path, lock);
        } catch (RuntimeException | Error e) {
            DataDirectory.release(path, lock);
            throw e;
        }
    }

    private static Path existing(Path directory) {
        try {
            Path path = directory.toRealPath();
            boolean ours;
            try (Stream<Path> entries = Files.list(path)) {
                ours = entries.map(entry -> entry.getFileName().toString()).anyMatch(OfflineDirectory::isOurs);
            }
            if (!ours) {
                throw new StoreException(
                        Kind.IO,
                        "the directory " + path
                                + " is neither a data directory nor a backup: it holds no FORMAT file and"
                                + " no store. Name the directory in which these lie.");
            }
            return path;
        } catch (IOException e) {
            throw new StoreException(
                    Kind.IO,
                    "the directory " + directory.toAbsolutePath() + " cannot be read (" + e + "). Correct its name.",
                    e);
        }
    }

    private static boolean isOurs(String name) {
        return name.equals(DataDirectory.FORMAT) || name.startsWith(DataDirectory.SHARD_PREFIX);
    }

    /** Shared, so that the file need not be writable and two may look at once; a broker's lock is exclusive. */
    private static FileChannel lock(Path path) {
        Path file = path.resolve(DataDirectory.LOCK);
        if (!Files.exists(file)) {
            return null;
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ);
            FileLock held = channel.tryLock(0, Long.MAX_VALUE, true);
            if (held == null) {
                throw DataDirectory.inUse(path, DataDirectory.holderOf(channel));
            }
            return channel;
        } catch (IOException e) {
            DataDirectory.closeQuietly(channel);
            throw new StoreException(Kind.IO, "cannot lock " + file + ": " + e, e);
        } catch (StoreException e) {
            DataDirectory.closeQuietly(channel);
            throw e;
        }
    }

    /** Absolute and without symbolic links. */
    public Path path() {
        return path;
    }

    /** Safe twice. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            DataDirectory.release(path, lock);
        }
    }
}
