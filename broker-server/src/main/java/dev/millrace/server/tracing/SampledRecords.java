package dev.millrace.server.tracing;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.record.TraceParent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The records of some batches whose {@code traceparent} says that their trace is sampled.
 *
 * @param beyondCount how many more there were than are kept
 */
record SampledRecords(List<Sampled> kept, int beyondCount) {
    /** What waits for a slow disk or consumer keeps so many: a small compressed batch may hold thousands. */
    static final int COUNT_MAX = 256;

    private static final SampledRecords NONE = new SampledRecords(List.of(), 0);
    /** Of all batches of a request together, as this happens in event loops. */
    private static final int INFLATED_BYTES_MAX = 32 << 20;

    private static final int SAMPLED_FLAG = 1;
    /** A version 0 has 55; later ones may have more to say. */
    private static final int TRACEPARENT_BYTES_MAX = 256;

    private static final byte[] TRACEPARENT = EventHeaders.TRACEPARENT.getBytes(StandardCharsets.UTF_8);

    /**
     * @param number counts all records of the batches
     * @param offset by the batch, which is not right before it was appended
     */
    record Sampled(int number, long offset, TraceParent parent) {}

    boolean isEmpty() {
        return kept.isEmpty();
    }

    /** Of batches that were not appended yet, so that they have no offsets. */
    static SampledRecords in(ByteBuffer batches) {
        return in(batches, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /**
     * None where the batches are damaged: to refuse them is not up to this. The buffer's position stays.
     *
     * @param toOffset the first that is not looked at any more
     */
    static SampledRecords in(ByteBuffer batches, long fromOffset, long toOffset) {
        try {
            return find(batches, fromOffset, toOffset);
        } catch (RuntimeException damaged) {
            // Nobody has checked these bytes yet; whoever does so next says what is wrong with them.
            return NONE;
        }
    }

    private static SampledRecords find(ByteBuffer batches, long fromOffset, long toOffset) {
        List<Sampled> kept = null;
        int number = 0;
        int beyondCount = 0;
        int inflatedBytesLeft = INFLATED_BYTES_MAX;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(inflatedBytesLeft);
            boolean compressed = batch.compression() != Compression.NONE;
            for (; cursor.next(); number++) {
                if (compressed) {
                    inflatedBytesLeft -= cursor.recordBytes();
                }
                TraceParent parent = cursor.headerCount() == 0 ? null : sampledParent(cursor);
                if (parent == null || cursor.offset() < fromOffset || cursor.offset() >= toOffset) {
                    continue;
                }
                kept = kept == null ? new ArrayList<>() : kept;
                if (kept.size() < COUNT_MAX) {
                    kept.add(new Sampled(number, cursor.offset(), parent));
                } else {
                    beyondCount++;
                }
            }
        }
        return kept == null ? NONE : new SampledRecords(kept, beyondCount);
    }

    /** Null for none, for a malformed one, for two, and for one that is not sampled. */
    private static TraceParent sampledParent(RecordCursor cursor) {
        TraceParent parent = null;
        int count = 0;
        while (cursor.nextHeader()) {
            if (cursor.headerIs(TRACEPARENT)) {
                count++;
                int bytes = cursor.headerValueBytes();
                parent = bytes < 0 || bytes > TRACEPARENT_BYTES_MAX
                        ? null
                        : TraceParent.parse(new String(cursor.headerValue(), StandardCharsets.ISO_8859_1));
            }
        }
        return count == 1 && parent != null && (parent.flags() & SAMPLED_FLAG) != 0 ? parent : null;
    }
}
