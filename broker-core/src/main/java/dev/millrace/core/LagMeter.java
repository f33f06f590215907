package dev.millrace.core;

import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.time.TimeSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How far a committed offset is behind the durable end: in messages, and in time since the oldest record not yet committed
 * was appended. Exact, because each chunk keeps its append time. Thread: any that may wait for the disk.
 */
final class LagMeter {
    private static final int REMEMBERED_MAX = 100_000;

    private final PartitionLookup lookup;
    private final LogReader reader;
    private final TimeSource time;
    private final Map<Integer, AppendTime> remembered = new ConcurrentHashMap<>();

    private record AppendTime(long offset, long appendTimeMs) {}

    /** @param ms 0 where messages is 0 */
    record Lag(long endOffset, long messages, long ms) {}

    LagMeter(PartitionLookup lookup, LogReader reader, TimeSource time) {
        this.lookup = lookup;
        this.reader = reader;
        this.time = time;
    }

    /** @param committedOffset negative where nothing was committed: everything is still to come */
    Lag measure(int partitionId, long committedOffset) {
        PartitionLog log = lookup.logs().find(partitionId);
        if (log == null) {
            return new Lag(0, 0, 0);
        }
        long end = log.durableEndOffset();
        long next = Math.max(committedOffset, log.logStartOffset());
        if (next >= end) {
            return new Lag(end, 0, 0);
        }
        long appendedMs = appendTimeMs(log, next);
        return new Lag(end, end - next, appendedMs < 0 ? 0 : Math.max(0, time.nowMs() - appendedMs));
    }

    private long appendTimeMs(PartitionLog log, long offset) {
        AppendTime known = remembered.get(log.partitionId());
        if (known != null && known.offset == offset) {
            return known.appendTimeMs;
        }
        long appendedMs = reader.appendTimeMs(log, offset);
        if (remembered.size() >= REMEMBERED_MAX) {
            remembered.clear();
        }
        remembered.put(log.partitionId(), new AppendTime(offset, appendedMs));
        return appendedMs;
    }
}
