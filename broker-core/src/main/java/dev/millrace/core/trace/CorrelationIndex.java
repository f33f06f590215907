package dev.millrace.core.trace;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceParent;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the records of a partition that bear an id: as their own, as what they belong to, or as their trace. Only of
 * partitions whose topic asks for it. Thread: shard, except {@link #find}. Durable: in the commit of the records.
 *
 * <p>Rows in CORRELATION: {@code partition u32, span u32, hash of the id u64, offset u64}, without a value. A span is the
 * rows of 262,144 offsets: a look-up seeks once in each span that the log still has, and retention drops whole spans, so up
 * to one span of rows stays behind the log's start.
 */
public final class CorrelationIndex {
    private static final int SPAN_BITS = 18;
    /** Batches were inflated within the broker's limit before they came here. */
    private static final int INFLATED_BYTES_MAX = Integer.MAX_VALUE;

    private static final byte[] NOTHING = {};

    private final Store store;
    private final int spanBits;
    private final BitSet indexed = new BitSet();
    /** Spans before it were dropped, since the start of the process. */
    private final Map<Integer, Long> firstSpans = new HashMap<>();

    public CorrelationIndex(Store store) {
        this(store, SPAN_BITS);
    }

    /** With spans of 2^spanBits offsets. */
    CorrelationIndex(Store store, int spanBits) {
        this.store = store;
        this.spanBits = spanBits;
    }

    /** From now on the partition's records are indexed. */
    public void begin(int partitionId) {
        indexed.set(partitionId);
    }

    /** From now on they are not; what was indexed is forgotten. */
    public void end(int partitionId, WriteSink sink) {
        if (indexed.get(partitionId)) {
            indexed.clear(partitionId);
            firstSpans.remove(partitionId);
            sink.deleteRange(Table.CORRELATION, row(partitionId, 0, 0, 0), after(partitionId));
        }
    }

    /** Takes in records that have their offsets. */
    public void appended(int partitionId, ByteBuffer batches, WriteSink sink) {
        if (!indexed.get(partitionId)) {
            return;
        }
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(INFLATED_BYTES_MAX);
            while (cursor.next()) {
                if (cursor.headerCount() > 0) {
                    add(partitionId, cursor.offset(), idsIn(cursor.headers()), sink);
                }
            }
        }
    }

    private void add(int partitionId, long offset, Set<String> ids, WriteSink sink) {
        for (String id : ids) {
            sink.put(Table.CORRELATION, row(partitionId, spanOf(offset), hash(id), offset), NOTHING);
        }
    }

    /** Under which ids a record with these headers is found. */
    public static Set<String> idsIn(List<RecordHeader> headers) {
        Set<String> ids = new LinkedHashSet<>();
        String own = EventHeaders.textIdOf(headers);
        if (own != null) {
            ids.add(own);
        }
        byte[] correlation = EventHeaders.find(headers, EventHeaders.CORRELATION);
        if (correlation != null) {
            ids.add(new String(correlation, StandardCharsets.UTF_8));
        }
        byte[] parent = EventHeaders.find(headers, EventHeaders.TRACEPARENT);
        TraceParent trace = parent == null ? null : TraceParent.parse(new String(parent, StandardCharsets.UTF_8));
        if (trace != null) {
            ids.add(trace.traceId());
        }
        return ids;
    }

    /** Drops the spans that lie before the log's start as a whole. */
    public void dropBefore(int partitionId, long startOffset, WriteSink sink) {
        long span = spanOf(startOffset);
        if (indexed.get(partitionId) && span > firstSpans.getOrDefault(partitionId, 0L)) {
            sink.deleteRange(Table.CORRELATION, row(partitionId, 0, 0, 0), row(partitionId, span, 0, 0));
            firstSpans.put(partitionId, span);
        }
    }

    /**
     * Offsets from {@code from} to before {@code to} whose records may bear the id, in order: ids are kept as hashes, so a
     * record must be looked at. Thread: any.
     */
    public List<Long> find(int partitionId, String id, long from, long to, int countMax) {
        List<Long> offsets = new ArrayList<>();
        long hash = hash(id);
        for (long span = spanOf(from); from < to && span << spanBits < to && offsets.size() < countMax; span++) {
            byte[] first = row(partitionId, span, hash, Math.max(from, span << spanBits));
            byte[] end = row(partitionId, span, hash, Math.min(to, span + 1 << spanBits));
            store.scan(Table.CORRELATION, first, end, (row, value) -> {
                offsets.add(ByteBuffer.wrap(row).getLong(16));
                return offsets.size() < countMax;
            });
        }
        return offsets;
    }

    private long spanOf(long offset) {
        return offset >>> spanBits;
    }

    private static byte[] row(int partitionId, long span, long hash, long offset) {
        return ByteBuffer.allocate(24)
                .putInt(partitionId)
                .putInt((int) span)
                .putLong(hash)
                .putLong(offset)
                .array();
    }

    /** After all rows of the partition. */
    private static byte[] after(int partitionId) {
        return ByteBuffer.allocate(4).putInt(partitionId + 1).array();
    }

    /** FNV-1a, 64 bits, with its bits mixed. */
    private static long hash(String id) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : id.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        hash ^= hash >>> 33;
        return hash * 0xff51afd7ed558ccdL;
    }
}
