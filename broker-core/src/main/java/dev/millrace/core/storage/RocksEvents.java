package dev.millrace.core.storage;

import java.util.concurrent.atomic.LongAdder;
import org.rocksdb.AbstractEventListener;
import org.rocksdb.BackgroundErrorReason;
import org.rocksdb.Status;
import org.rocksdb.TableFileCreationInfo;
import org.rocksdb.TableFileCreationReason;

/**
 * Counts what compaction rewrites in the log, and reports background errors.
 *
 * <p>RocksDB's tickers add all column families up, and its per-family figures mix flushes in and are rounded. A table
 * file is created by a flush, by recovery or by a compaction that rewrites, never by a trivial move, so the sizes of the
 * files created by compactions are the exact figure.
 *
 * <p>Thread: RocksDB's own; never calls back into the database.
 */
final class RocksEvents extends AbstractEventListener {
    private static final System.Logger LOG = System.getLogger(RocksEvents.class.getName());

    private final String logName;
    private final LongAdder logCompactionBytes = new LongAdder();

    RocksEvents(String logName) {
        super(EnabledEventCallback.ON_TABLE_FILE_CREATED, EnabledEventCallback.ON_BACKGROUND_ERROR);
        this.logName = logName;
    }

    long logCompactionBytes() {
        return logCompactionBytes.sum();
    }

    @Override
    public void onTableFileCreated(TableFileCreationInfo file) {
        if (file.getReason() == TableFileCreationReason.COMPACTION
                && file.getColumnFamilyName().equals(logName)) {
            logCompactionBytes.add(file.getFileSize());
        }
    }

    @Override
    public void onBackgroundError(BackgroundErrorReason reason, Status status) {
        LOG.log(
                System.Logger.Level.ERROR,
                "store.background.error reason={0} code={1} state={2}",
                reason,
                status.getCode(),
                status.getState());
    }
}
