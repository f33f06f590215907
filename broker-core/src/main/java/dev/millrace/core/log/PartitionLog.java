package dev.millrace.core.log;

import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One partition's log: gives out offsets, collects a commit's batches into chunks, and knows where each offset lies.
 *
 * <p>Thread: the shard changes it. Readers on any thread use {@link #logStartOffset}, {@link #durableEndOffset}, the
 * segment map and the tail; what lies at or past the durable end is not for them.
 */
public final class PartitionLog {
    /**
     * What lies together on the disk, and what one delivery should hold: a larger chunk would be read again for each part
     * of it. Under half a MiB, so that it is no "humongous" object in a receiver's heap of up to 2 GiB: of 1 MiB deliveries
     * most of a Java client's collections were for these.
     */
    public static final int CHUNK_BYTES_MAX = 448 << 10;
    /** Of events, which are read one by one, each with its chunk: of large ones, ten took 3 ms. One append may be more. */
    static final int EVENT_CHUNK_BYTES_MAX = 32 << 10;

    private static final long TIME_INDEX_INTERVAL_BYTES = 1 << 20;
    private static final long SEGMENT_BYTES_MAX = 64L << 20;
    private static final int SEGMENTS_PER_RETENTION = 8;

    private final int partitionId;
    private final TailCache cache;
    private final GenerationUse use;
    private final Segments segments = new Segments();
    private final CachedChunks tail = new CachedChunks();
    private final AppendWaiters waiters = new AppendWaiters();
    private final OpenChunk open = new OpenChunk();

    private volatile long logStartOffset;
    private volatile long durableEndOffset;
    private volatile boolean deleted;
    private volatile long bytes;
    private volatile int storedChunkBytes;
    private long startOffset;
    private long endOffset;
    /** Where the log ended when the present commit began. */
    private long committedEndOffset;
    /** Segments before it were dropped by a commit that readers do not see yet; they may read them until then. */
    private long keptFromOffset;

    /** Of the newest segment's row, which each commit writes; null where it was not written yet. */
    private byte[] newestSegmentKey;

    private boolean removed;
    private long segmentBytesMax = SEGMENT_BYTES_MAX;
    private long segmentAgeMsMax = Long.MAX_VALUE;
    private long unindexedBytes;
    private long unindexedMaxTimestampMs = -1;

    /** Batches of the current commit that are not yet in a chunk. */
    private static final class OpenChunk {
        final List<ByteBuffer> batches = new ArrayList<>();
        long baseOffset;
        int bytes;
        long maxTimestampMs = -1;
    }

    /** A chunk in the tail cache; {@code memory} begins with the chunk's header. Both are null once it is not to be read. */
    record CachedChunk(Chunk header, TailCache.Slab slab, ByteBuffer memory) {
        CachedChunk withoutMemory() {
            return new CachedChunk(header, null, null);
        }
    }

    PartitionLog(int partitionId, TailCache cache, GenerationUse use) {
        this.partitionId = partitionId;
        this.cache = cache;
        this.use = use;
    }

    /**
     * Appends batches behind the end: writes base offset and leader epoch into each.
     *
     * @param chunkBytesMax a chunk is closed before it would hold more, but holds what is appended at once
     * @return the offset of the first record
     */
    long append(ByteBuffer batches, int chunkBytesMax, long nowMs, int generation, WriteSink sink) {
        if (open.bytes > 0 && open.bytes + batches.remaining() > chunkBytesMax) {
            closeChunk(nowMs, generation, sink);
        }
        long baseOffset = endOffset;
        if (open.batches.isEmpty()) {
            open.baseOffset = baseOffset;
        }
        for (int at = batches.position(); at < batches.limit(); ) {
            RecordBatch batch = RecordBatch.at(batches, at);
            batch.assign(endOffset, 0);
            endOffset += batch.recordCount();
            open.maxTimestampMs = Math.max(open.maxTimestampMs, batch.maxTimestampMs());
            at += batch.sizeBytes();
        }
        open.batches.add(batches);
        open.bytes += batches.remaining();
        return baseOffset;
    }

    boolean hasOpenChunk() {
        return !open.batches.isEmpty();
    }

    /** Puts what the commit appended into the sink, the segment map and the tail. */
    void closeChunk(long nowMs, int generation, WriteSink sink) {
        if (open.batches.isEmpty()) {
            return;
        }
        Chunk chunk = new Chunk(open.baseOffset, endOffset - 1, open.maxTimestampMs, nowMs, open.bytes);
        long lastOffset = chunk.lastOffset();
        TailCache.Piece piece = cache.allocate(Chunk.HEADER_BYTES + open.bytes, () -> tail.evict(lastOffset));
        ByteBuffer memory = piece.memory();
        chunk.writeHeader(memory);
        for (ByteBuffer batches : open.batches) {
            memory.put(batches.duplicate());
        }
        memory.flip();
        sink.appendChunk(generation, partitionId, lastOffset, memory.duplicate());
        tail.add(new CachedChunk(chunk, piece.slab(), memory));
        addToSegment(chunk, generation, sink);
        addToTimeIndex(chunk, sink);
        open.batches.clear();
        open.bytes = 0;
        open.maxTimestampMs = -1;
    }

    private void addToSegment(Chunk chunk, int generation, WriteSink sink) {
        Segment newest = segments.newest();
        boolean roll = newest == null || newest.baseOffset() < keptFromOffset || mustRoll(newest, chunk, generation);
        Segment segment = roll ? Segment.startedBy(chunk, generation) : newest.extendedBy(chunk);
        if (roll) {
            segments.add(segment);
            use.add(segment);
            newestSegmentKey = null;
        } else {
            segments.extendNewest(segment);
        }
        bytes += chunk.bytes();
        if (newestSegmentKey == null) {
            newestSegmentKey = LogRows.partitionOffset(partitionId, segment.baseOffset());
        }
        sink.put(Table.SEGMENT, newestSegmentKey, segment.encode());
    }

    private boolean mustRoll(Segment last, Chunk chunk, int generation) {
        return last.generation() != generation
                || last.bytes() + chunk.bytes() > segmentBytesMax
                || chunk.appendTimeMs() - last.firstAppendMs() >= segmentAgeMsMax;
    }

    private void addToTimeIndex(Chunk chunk, WriteSink sink) {
        unindexedBytes += chunk.bytes();
        unindexedMaxTimestampMs = Math.max(unindexedMaxTimestampMs, chunk.maxTimestampMs());
        if (unindexedBytes >= TIME_INDEX_INTERVAL_BYTES) {
            sink.put(
                    Table.TIME_INDEX,
                    LogRows.partitionOffset(partitionId, chunk.lastOffset()),
                    LogRows.u64(unindexedMaxTimestampMs));
            unindexedBytes = 0;
            unindexedMaxTimestampMs = -1;
        }
    }

    /**
     * Where the log starts once segments that are too old or too many are dropped; negative = unlimited. Also lets later
     * segments be small enough for this retention to be kept closely.
     */
    long startAfterRetention(long retentionMs, long retentionBytes, long dueMs) {
        segmentAgeMsMax = retentionMs < 0 ? Long.MAX_VALUE : Math.max(1, retentionMs / SEGMENTS_PER_RETENTION);
        segmentBytesMax = retentionBytes < 0
                ? SEGMENT_BYTES_MAX
                : Math.max(1, Math.min(SEGMENT_BYTES_MAX, retentionBytes / SEGMENTS_PER_RETENTION));
        long newStart = startOffset;
        long remaining = bytes;
        for (Segment segment : kept()) {
            boolean expired = retentionMs >= 0 && segment.lastAppendMs() < dueMs - retentionMs;
            boolean surplus = retentionBytes >= 0 && remaining - segment.bytes() >= retentionBytes;
            if (!expired && !surplus) {
                break;
            }
            remaining -= segment.bytes();
            newStart = segment.lastOffset() + 1;
        }
        return newStart;
    }

    /**
     * Moves the log start up to an offset that is at most the end; returns true when it moved or dropped a segment. Readers
     * see it with {@link #showStart}.
     */
    boolean moveStart(long offset, WriteSink sink) {
        // Where the start is already there, a segment may still lie before it: of a commit that also deleted its
        // records.
        boolean changed = offset > startOffset || (offset == startOffset && hasSegmentBefore(offset));
        if (!changed) {
            return false;
        }
        startOffset = offset;
        while (hasSegmentBefore(offset)) {
            Segment gone = segments.ceiling(keptFromOffset);
            keptFromOffset = gone.lastOffset() + 1;
            use.remove(gone);
            bytes -= gone.bytes();
            sink.delete(Table.SEGMENT, LogRows.partitionOffset(partitionId, gone.baseOffset()));
        }
        writeBounds(sink);
        return true;
    }

    /** When the newest record was appended; -1 where there is none. */
    long lastAppendMs() {
        return segments.all().stream().mapToLong(Segment::lastAppendMs).max().orElse(-1);
    }

    private List<Segment> kept() {
        return segments.from(keptFromOffset);
    }

    private boolean hasSegmentBefore(long offset) {
        Segment first = segments.ceiling(keptFromOffset);
        return first != null && first.lastOffset() < offset;
    }

    /** Keeps start and end even when the last segment is gone: an emptied partition must not start again at 0. */
    void writeBounds(WriteSink sink) {
        sink.put(Table.META, LogRows.boundsKey(partitionId), LogRows.twoU64(startOffset, endOffset));
    }

    /** Removes the rows; readers and waiters learn that the partition is gone with {@link #showDeleted}. */
    void delete(WriteSink sink) {
        removed = true;
        open.batches.clear();
        open.bytes = 0;
        kept().forEach(segment -> {
            use.remove(segment);
            sink.delete(Table.SEGMENT, LogRows.partitionOffset(partitionId, segment.baseOffset()));
        });
        sink.delete(Table.META, LogRows.boundsKey(partitionId));
    }

    void restoreBounds(long start, long end) {
        startOffset = start;
        logStartOffset = start;
        endOffset = end;
        committedEndOffset = end;
        durableEndOffset = end;
    }

    void restoreSegment(Segment segment) {
        segments.add(segment);
        use.add(segment);
        bytes += segment.bytes();
        endOffset = Math.max(endOffset, segment.lastOffset() + 1);
        committedEndOffset = endOffset;
        durableEndOffset = endOffset;
    }

    /** Lets readers see everything before {@code end}. Thread: syncer. */
    void advanceDurableEnd(long end) {
        durableEndOffset = end;
        waiters.wake(end);
    }

    /** Hides everything before {@code start} from readers, and the segments that its commit dropped. Thread: syncer. */
    void showStart(long start, long keptFrom) {
        logStartOffset = start;
        segments.removeBefore(keptFrom);
    }

    /** Readers, and everyone who waits, learn that the partition is gone. Thread: syncer. */
    void showDeleted() {
        deleted = true;
        waiters.wakeAll();
    }

    /** See {@link dev.millrace.core.log.AppendWaiters#add}. Thread: any. */
    public Runnable onAppend(long offset, Runnable wakeUp) {
        Runnable cancel = waiters.add(offset, wakeUp);
        if (deleted) {
            waiters.wakeAll();
        } else {
            waiters.wake(durableEndOffset);
        }
        return cancel;
    }

    public int partitionId() {
        return partitionId;
    }

    /** The next offset to give out. Thread: shard. */
    public long endOffset() {
        return endOffset;
    }

    /** What lies before it can be read from the store. Thread: shard. */
    public long committedEndOffset() {
        return committedEndOffset;
    }

    void committed() {
        committedEndOffset = endOffset;
    }

    /** The chunk that ends at this offset is read from the store from now on. */
    void forgetCached(long lastOffset) {
        tail.forget(lastOffset);
    }

    /** Where the log starts with all that was applied, also what is not on disk yet. Thread: shard. */
    public long startOffset() {
        return startOffset;
    }

    long keptFromOffset() {
        return keptFromOffset;
    }

    /** Where the log starts on disk, and for readers: never past {@link #durableEndOffset}. */
    public long logStartOffset() {
        return logStartOffset;
    }

    /** One past the last record that is on disk: the high watermark. */
    public long durableEndOffset() {
        return durableEndOffset;
    }

    /** Bytes of batches between start and end, to the segment. */
    public long bytes() {
        return bytes;
    }

    /** True once the partition was deleted, also where that is not on disk yet. Thread: shard. */
    boolean isRemoved() {
        return removed;
    }

    public boolean isDeleted() {
        return deleted;
    }

    /** How large the chunks were that a reader last took from the store; 0 where none did. Thread: any. */
    int storedChunkBytes() {
        return storedChunkBytes;
    }

    /** For the next read from the store. Thread: any. */
    void noteStoredChunks(int bytesPerChunk) {
        storedChunkBytes = bytesPerChunk;
    }

    Segments segments() {
        return segments;
    }

    /** The cached chunk with this offset or the next one after it, or null. */
    CachedChunk cachedAtOrAfter(long offset) {
        return tail.atOrAfter(offset);
    }
}
