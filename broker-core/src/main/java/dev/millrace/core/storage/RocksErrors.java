package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.Status;

/** Turns RocksDB's errors into {@link StoreException}s that say what to do. RocksDB's own text names the file. */
final class RocksErrors {
    private static final String NO_SUCH_FILE = "No such file or directory";
    private static final Pattern MISMATCHED_TABLE = Pattern.compile("unique ID on table file ([0-9]+)");
    private static final Pattern MISSING_LOG = Pattern.compile("Missing WAL with log number: ([0-9]+)");

    private RocksErrors() {}

    static StoreException of(RocksDBException error, String action, Path directory) {
        String text = RocksLog.withCause(String.valueOf(error.getMessage()), directory);
        Kind kind = kindOf(error, text);
        return new StoreException(
                kind,
                action + " failed in " + directory + ": " + text + (text.endsWith(".") ? " " : ". ")
                        + suspects(kind, text, directory) + remedyOf(kind),
                error);
    }

    /** What RocksDB leaves unnamed. */
    private static String suspects(Kind kind, String text, Path directory) {
        Matcher missing = MISSING_LOG.matcher(text);
        if (missing.find()) {
            return String.format(
                    "The write-ahead log %06d.log is missing, or %s lost its end. ",
                    Long.parseLong(missing.group(1)), WriteAheadLogs.manifestOf(directory));
        }
        Matcher mismatched = MISMATCHED_TABLE.matcher(text);
        if (mismatched.find()) {
            return String.format(
                    "%06d.sst is not the file that was written under this name. ", Long.parseLong(mismatched.group(1)));
        }
        if (text.contains("/MANIFEST-") && text.contains(NO_SUCH_FILE)) {
            return "The file CURRENT names it: either of the two is damaged. ";
        }
        if (text.contains("Sequence number is being set backwards")) {
            return "One write-ahead log does not belong here, being a copy of another or of an earlier time ("
                    + WriteAheadLogs.describe(directory) + "). ";
        }
        if (text.contains("WAL file size") || text.contains("Size mismatch") || text.contains("WAL recovery stopped")) {
            return "(" + WriteAheadLogs.describe(directory) + ") ";
        }
        return kind == Kind.DAMAGED && !text.contains(".sst") ? unreadableTables(directory) : "";
    }

    /** RocksDB blames the MANIFEST also for a damaged table that it does not name: each is tried by itself. */
    private static String unreadableTables(Path directory) {
        List<String> unreadable = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory);
                Options options = new Options()) {
            for (Path table : files.filter(file -> file.toString().endsWith(".sst"))
                    .sorted()
                    .toList()) {
                try (SstFileReader reader = new SstFileReader(options)) {
                    reader.open(table.toString());
                } catch (RocksDBException damaged) {
                    unreadable.add(table.getFileName().toString());
                }
            }
        } catch (IOException e) {
            return "The directory cannot be listed: " + e + ". ";
        }
        return unreadable.isEmpty() ? "" : "Cannot be opened: " + String.join(", ", unreadable) + ". ";
    }

    private static Kind kindOf(RocksDBException error, String text) {
        Status status = error.getStatus();
        Status.Code code = status == null ? Status.Code.Undefined : status.getCode();
        boolean noSpace = status != null && status.getSubCode() == Status.SubCode.NoSpace;
        if (noSpace || text.contains("No space left on device")) {
            return Kind.DISK_FULL;
        }
        if (code == Status.Code.Corruption || text.startsWith("Corruption") || text.contains(NO_SUCH_FILE)) {
            return Kind.DAMAGED;
        }
        if (text.contains("lock hold by current process") || text.contains("While lock file")) {
            return Kind.IN_USE;
        }
        return text.contains("Permission denied") || text.contains("Read-only file system")
                ? Kind.NOT_WRITABLE
                : Kind.IO;
    }

    private static String remedyOf(Kind kind) {
        return switch (kind) {
            case DISK_FULL -> "Free space on the device, then start again; what was acknowledged is safe.";
            case DAMAGED -> "Restore the named file, or the whole directory, from a copy; delete nothing.";
            case IN_USE -> "Stop the other process that uses this directory.";
            case NOT_WRITABLE -> "Give the broker's user write permission.";
            case FORMAT_VERSION, LOST_TAIL, IO -> "Check the disk and the system log, then start again.";
        };
    }
}
