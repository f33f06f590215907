package dev.millrace.core.storage;

import dev.millrace.core.failpoint.Failpoint;
import java.util.concurrent.atomic.LongAdder;
import org.rocksdb.AbstractEventListener;
import org.rocksdb.TableFileCreationInfo;
import org.rocksdb.TableFileCreationReason;

/**
 * Counts what compaction rewrites in the log.
 *
 * <p>RocksDB's tickers add all column families up, and its per-family figures mix flushes in and are rounded. A table
 * file is created by a flush, by recovery or by a compaction that rewrites, never by a trivial move, so the sizes of the
 * files created by compactions are the exact figure.
 *
 * <p>Background errors are not listened to: rocksdbjni 11.8.1 throws inside RocksDB's thread at a reason that its enum
 * lacks (seen: 5 and 7). They surface with the next write.
 *
 * <p>Thread: RocksDB's own; never calls back into the database.
 */
final class RocksEvents extends AbstractEventListener {
    private final String logName;
    private final LongAdder logCompactionBytes = new LongAdder();

    RocksEvents(String logName) {
        super(EnabledEventCallback.ON_TABLE_FILE_CREATED);
        this.logName = logName;
    }

    long logCompactionBytes() {
        return logCompactionBytes.sum();
    }

    @Override
    public void onTableFileCreated(TableFileCreationInfo file) {
        if (file.getReason() == TableFileCreationReason.FLUSH) {
            Failpoint.DURING_FLUSH.hit();
        }
        if (file.getReason() == TableFileCreationReason.COMPACTION
                && file.getColumnFamilyName().equals(logName)) {
            logCompactionBytes.add(file.getFileSize());
        }
    }
}
