package dev.millrace.core.storage;

import dev.millrace.core.storage.StoreException.Kind;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Turns RocksDB's errors into {@link StoreException}s that say what to do. RocksDB's own text names the file. */
final class RocksErrors {
    private RocksErrors() {}

    static StoreException of(RocksDBException error, String action, Path directory) {
        Kind kind = kindOf(error);
        return new StoreException(
                kind, action + " failed in " + directory + ": " + error.getMessage() + ". " + remedyOf(kind), error);
    }

    private static Kind kindOf(RocksDBException error) {
        String text = String.valueOf(error.getMessage());
        Status status = error.getStatus();
        Status.Code code = status == null ? Status.Code.Undefined : status.getCode();
        boolean noSpace = status != null && status.getSubCode() == Status.SubCode.NoSpace;
        if (noSpace || text.contains("No space left on device")) {
            return Kind.DISK_FULL;
        }
        if (code == Status.Code.Corruption || text.startsWith("Corruption")) {
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
            case DAMAGED -> "Restore the named file from a copy; do not delete it.";
            case IN_USE -> "Stop the other process that uses this directory.";
            case NOT_WRITABLE -> "Give the broker's user write permission.";
            case FORMAT_VERSION, LOST_TAIL, IO -> "Check the disk and the system log, then start again.";
        };
    }
}
