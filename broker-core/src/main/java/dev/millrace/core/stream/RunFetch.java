package dev.millrace.core.stream;

import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordCursor;

/**
 * Fetches events of a stream by runs, offsets that follow on each other: from the cache, else from the log and into the
 * cache. For one read. Thread: one.
 */
final class RunFetch implements AutoCloseable {
    /** Of more bytes reading takes longer than finding them, and few such runs would fill the cache. */
    static final int RUN_BYTES_MAX = 128 << 10;

    private final EventCache cache;
    private final PartitionLog log;
    private final int decompressedBytesMax;
    private final RecordFetch fetch;
    private final long stamp;
    /** The last run that was used, null for none, and its events. */
    private EventRun run;

    private Record[] events;

    RunFetch(EventCache cache, LogReader reader, PartitionLog log, int decompressedBytesMax) {
        this.cache = cache;
        this.log = log;
        this.decompressedBytesMax = decompressedBytesMax;
        this.fetch = new RecordFetch(reader, log, decompressedBytesMax);
        this.stamp = cache.stamp();
    }

    /** True where the event at {@code next}, which is read after the one at {@code offset}, belongs to the same run. */
    static boolean goesOn(long offset, long next) {
        return Math.abs(next - offset) == 1 && EventCache.blockOf(next) == EventCache.blockOf(offset);
    }

    /**
     * The event at an offset.
     *
     * <p>Fails: FaultException DATA_DAMAGED, or what the log says of an offset that it has not any more.
     *
     * @param runEnd of the run that is read from there on, forward or backward: what lies with the event is fetched as well
     */
    Record at(long offset, long runEnd) {
        if (run == null || !run.holds(offset)) {
            use(find(offset, runEnd));
        }
        return run == null ? fetch.at(offset) : events[(int) (offset - run.firstOffset())];
    }

    /** Null where the event is too large for the cache. */
    private EventRun find(long offset, long runEnd) {
        EventRun found = cache.find(log.partitionId(), offset);
        if (found == null) {
            found = fetch.run(offset, runEnd, RUN_BYTES_MAX);
            if (found != null) {
                cache.add(log.partitionId(), found, stamp);
            }
        }
        return found;
    }

    private void use(EventRun found) {
        run = found;
        if (found != null) {
            events = new Record[found.count()];
            RecordCursor cursor = found.records().cursor(decompressedBytesMax);
            for (int i = 0; cursor.next(); i++) {
                events[i] = cursor.record();
            }
        }
    }

    @Override
    public void close() {
        fetch.close();
    }
}
