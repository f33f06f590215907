package dev.millrace.core.storage;

import dev.millrace.core.storage.LogFileScan.End;
import dev.millrace.core.storage.LogFileScan.Outcome;
import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.LogFile;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Takes a picture of an open store that can be opened on its own.
 *
 * <pre>
 * table files, closed write-ahead logs   hard links: they never change again
 * the manifest, the newest log           copies, up to where they are now
 * </pre>
 *
 * RocksDB's own checkpoint flushes the memtables first, which would end a generation in its middle and have compaction
 * rewrite it; rocksdbjni has no way to ask for one that does not. This one leaves the running store as it is: the logs
 * hold what is not in tables yet. Thread: any one, beside commits and syncs.
 */
final class RocksCheckpoint {
    private static final int COPY_BYTES = 1 << 20;
    private static final String CURRENT = "CURRENT";

    private final RocksDB db;
    private final Path source;
    private final Path target;
    private long copyBytesLeft;

    private RocksCheckpoint(RocksHandles rocks, Path target, long copyBytesMax) {
        this.db = rocks.db();
        this.source = rocks.directory();
        this.target = target;
        this.copyBytesLeft = copyBytesMax;
    }

    /**
     * Fills {@code target}, which is created, and returns the sequence of the last commit in it. The caller syncs it.
     *
     * @param copyBytesMax more than this is not copied, so that the disk is not filled up; links cost nothing
     */
    static long take(RocksHandles rocks, Path target, long copyBytesMax) throws RocksDBException {
        try {
            Files.createDirectory(target);
            return new RocksCheckpoint(rocks, target, copyBytesMax).take();
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    private static StoreException failed(Path target, IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains("No space left");
        return new StoreException(full ? Kind.DISK_FULL : Kind.IO, "cannot write " + target + ": " + e, e);
    }

    /** No file goes while its name is looked up and linked; the manifest is cut first, so that all it names is there. */
    private long take() throws RocksDBException, IOException {
        db.disableFileDeletions();
        try {
            RocksDB.LiveFiles live = db.getLiveFiles(false);
            List<Path> logs = new ArrayList<>();
            long[] newestLogBytes = {0};
            for (LogFile log : db.getSortedWalFiles()) {
                logs.add(source.resolve(plain(log.pathName())));
                newestLogBytes[0] = log.sizeFileBytes();
            }
            for (String name : live.files) {
                takeLive(plain(name), live.manifestFileSize);
            }
            return takeLogs(logs, newestLogBytes[0]);
        } finally {
            db.enableFileDeletions();
        }
    }

    /** RocksDB answers names that begin with a slash. */
    private static String plain(String name) {
        return name.startsWith("/") ? name.substring(1) : name;
    }

    private void takeLive(String name, long manifestBytes) throws IOException {
        if (name.endsWith(".sst")) {
            link(source.resolve(name));
        } else if (name.startsWith("MANIFEST-")) {
            copy(source.resolve(name), manifestBytes);
            // The running store may be about to name the next manifest in its own.
            Files.write(target.resolve(CURRENT), (name + "\n").getBytes(StandardCharsets.US_ASCII));
        } else if (!name.equals(CURRENT)) {
            copy(source.resolve(name), Files.size(source.resolve(name)));
        }
    }

    /** All but the newest are closed. The newest may be cut inside a commit, which nobody was told of yet. */
    private long takeLogs(List<Path> logs, long newestBytes) throws IOException {
        for (Path log : logs.subList(0, Math.max(0, logs.size() - 1))) {
            link(log);
        }
        if (logs.isEmpty()) {
            return 0;
        }
        Path newest = logs.get(logs.size() - 1);
        copy(newest, newestBytes);
        return cutToWholeCommits(target.resolve(newest.getFileName()));
    }

    private static long cutToWholeCommits(Path log) throws IOException {
        long[] last = {0};
        Outcome outcome = LogFileScan.run(
                log,
                (head, bytes) -> last[0] = head.getLong(0) + Integer.toUnsignedLong(head.getInt(Long.BYTES)) - 1,
                bytes -> {});
        if (outcome.end() == End.DAMAGED) {
            throw new StoreException(
                    Kind.DAMAGED,
                    "the write-ahead log " + log.getFileName() + " is damaged at " + outcome.problem()
                            + ". Check the disk.");
        }
        if (outcome.end() == End.TORN) {
            try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
                file.setLength(outcome.wholeBytes());
            }
        }
        return last[0];
    }

    private void link(Path file) throws IOException {
        try {
            Files.createLink(target.resolve(file.getFileName()), file);
        } catch (FileSystemException e) {
            throw new StoreException(
                    Kind.NOT_WRITABLE,
                    "cannot link " + file + " into " + target + " (" + e.getReason()
                            + "). A backup needs hard links, so storage.backupDirectory must lie on the same file system"
                            + " as the data directory.",
                    e);
        }
    }

    /** The first {@code bytes} of a file that may be growing. */
    private void copy(Path file, long bytes) throws IOException {
        copyBytesLeft -= bytes;
        if (copyBytesLeft < 0) {
            throw new StoreException(
                    Kind.DISK_FULL,
                    "copying " + file.getFileName() + " would take disk space that storage.diskReserve keeps free");
        }
        byte[] buffer = new byte[COPY_BYTES];
        try (InputStream in = Files.newInputStream(file);
                OutputStream out = Files.newOutputStream(target.resolve(file.getFileName()))) {
            long left = bytes;
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (read < 0) {
                    throw new IOException(file + " has lost " + left + " bytes");
                }
                out.write(buffer, 0, read);
                left -= read;
            }
        }
    }
}
