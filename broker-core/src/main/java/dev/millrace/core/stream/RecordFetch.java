package dev.millrace.core.stream;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.record.RecordExcerpt;

/** Fetches single records by offset, and keeps the batches of the last one: events of one append lie together. Thread: one. */
public final class RecordFetch implements AutoCloseable {
    private final LogReader reader;
    private final PartitionLog log;
    private final int decompressedBytesMax;
    private LogRead.Batches held;
    private RecordBatch batch;
    private RecordCursor cursor;

    public RecordFetch(LogReader reader, PartitionLog log, int decompressedBytesMax) {
        this.reader = reader;
        this.log = log;
        this.decompressedBytesMax = decompressedBytesMax;
    }

    /** Fails: FaultException DATA_DAMAGED, or what the log says of an offset that it has not any more. */
    public Record at(long offset) {
        standOn(offset);
        return cursor.record();
    }

    /**
     * The event at an offset with those that lie in its batch between it and {@code runEnd}, before it or behind, in memory
     * of their own; null where it does not fit. All these offsets belong to one stream.
     *
     * <p>Fails as {@link #at}.
     */
    EventRun run(long offset, long runEnd, int bytesMax) {
        standOn(offset);
        long first = Math.max(Math.min(offset, runEnd), batch.baseOffset());
        if (first < offset) {
            standOn(first);
        }
        RecordBatch records = RecordExcerpt.of(batch, cursor, Math.max(offset, runEnd), bytesMax);
        boolean holdsIt = records != null
                && records.lastOffset() >= offset
                && records.lastOffset() - first + 1 == records.recordCount();
        return holdsIt ? new EventRun(first, records) : null;
    }

    private void standOn(long offset) {
        if (!isHeld(offset)) {
            read(offset);
        }
        findBatch(offset);
        if (cursor == null || (cursor.offsetDelta() >= 0 && cursor.offset() > offset)) {
            cursor = batch.cursor(decompressedBytesMax);
        }
        skipTo(offset);
        while (cursor.offsetDelta() < 0 || cursor.offset() < offset) {
            if (!cursor.next()) {
                throw damaged(offset);
            }
        }
        if (cursor.offset() != offset) {
            throw damaged(offset);
        }
    }

    /** Where a batch has all its offsets, as appends have, the place of a record follows from its offset. */
    private void skipTo(long offset) {
        long before = offset - batch.baseOffset() - cursor.stepped();
        if (before > 0 && batch.recordCount() == batch.lastOffsetDelta() + 1) {
            cursor.skip((int) before);
        }
    }

    private boolean isHeld(long offset) {
        return held != null
                && offset < held.nextOffset()
                && offset
                        >= RecordBatch.at(held.batches(), held.batches().position())
                                .baseOffset();
    }

    private void findBatch(long offset) {
        if (batch != null && offset >= batch.baseOffset() && offset <= batch.lastOffset()) {
            return;
        }
        batch = null;
        cursor = null;
        for (RecordBatch each : RecordBatch.in(held.batches())) {
            if (offset >= each.baseOffset() && offset <= each.lastOffset()) {
                batch = each;
                return;
            }
        }
        throw damaged(offset);
    }

    private void read(long offset) {
        close();
        LogRead read = reader.readCached(log, offset, 1);
        if (read instanceof LogRead.NotCached) {
            read = reader.readStoredBriefly(log, offset);
        }
        if (read instanceof LogRead.Refused refused) {
            throw refused.refusal().toException();
        }
        if (!(read instanceof LogRead.Batches batches)) {
            throw damaged(offset);
        }
        held = batches;
    }

    private FaultException damaged(long offset) {
        return new FaultException(
                Fault.DATA_DAMAGED, "the index names offset " + offset + ", which the log does not hold");
    }

    @Override
    public void close() {
        batch = null;
        cursor = null;
        if (held != null) {
            held.releaser().run();
            held = null;
        }
    }
}
