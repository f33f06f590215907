package dev.millrace.core.storage;

import java.util.HashMap;
import java.util.Map;
import org.rocksdb.AbstractWalFilter;
import org.rocksdb.WalProcessingOption;
import org.rocksdb.WriteBatch;

/**
 * Ends RocksDB's replay of a write-ahead log where it cannot be read any further. RocksDB's reader takes zeros for room that
 * was allocated ahead, and goes on behind them: where a failed sync or a power cut took a part of what was not yet synced,
 * it would leave that part out and keep the rest, a log with a hole in it.
 *
 * <p>The first record behind the hole is called corrupt, which RocksDB handles as it handles any damage: it stops there,
 * and refuses to open where flushed files hold more than that. Thread: the one that opens the store.
 */
final class RocksReplayLimit extends AbstractWalFilter {
    private static final LogRecordFoundResult REPLAY = LogRecordFoundResult.CONTINUE_UNCHANGED;
    private static final LogRecordFoundResult END =
            new LogRecordFoundResult(WalProcessingOption.CORRUPTED_RECORD, false);

    private final Map<Long, Long> recordsToReplay;
    private final Map<Long, Long> recordsFound = new HashMap<>();

    /** @param recordsToReplay of each log, by number, how many of its first records; none of a log that is missing here */
    RocksReplayLimit(Map<Long, Long> recordsToReplay) {
        this.recordsToReplay = recordsToReplay;
    }

    @Override
    public void columnFamilyLogNumberMap(Map<Integer, Long> logNumbers, Map<String, Integer> ids) {
        // RocksDB passes over what a family has flushed already.
    }

    @Override
    public LogRecordFoundResult logRecordFound(long logNumber, String file, WriteBatch batch, WriteBatch newBatch) {
        long found = recordsFound.merge(logNumber, 1L, Long::sum);
        return found <= recordsToReplay.getOrDefault(logNumber, 0L) ? REPLAY : END;
    }

    @Override
    public String name() {
        return "millrace-replay-limit";
    }
}
