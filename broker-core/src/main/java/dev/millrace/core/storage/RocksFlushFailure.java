package dev.millrace.core.storage;

import java.util.regex.Pattern;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * Tells a write that RocksDB refused because an earlier flush had found no room from one that failed itself.
 *
 * <p>After such a flush RocksDB answers every write with the flush's error, before it touches the write-ahead log
 * (DBImpl::PreprocessWrite), and goes on by itself some seconds after there is room again. Nothing of the refused write
 * was written, so it may be tried again; a write that failed itself names the write-ahead log, and never may.
 */
final class RocksFlushFailure {
    private static final Pattern TABLE_WITHOUT_ROOM = Pattern.compile("/[0-9]+\\.sst: No space left on device");

    private RocksFlushFailure() {}

    /** True where a flush was refused, and may be asked for again: also while RocksDB holds writers up. */
    static boolean mayPass(RocksDBException flush) {
        Status status = flush.getStatus();
        return refused(flush) || status != null && status.getCode() == Status.Code.TryAgain;
    }

    static boolean refused(RocksDBException write) {
        return TABLE_WITHOUT_ROOM.matcher(String.valueOf(write.getMessage())).find();
    }
}
