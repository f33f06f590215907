package dev.millrace.core.log;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLog.CachedChunk;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;

/** Reads durable batches, from the tail cache or from the store. Thread: any. */
public final class LogReader {
    /** Below this a cached chunk is copied together with its followers, because a frame for each would cost more. */
    private static final int SMALL_CHUNK_BYTES = 16 << 10;

    private static final int GATHERED_BYTES_MAX = 256 << 10;
    /** Peers are charged what they are sent: what is lent them may be twice that at most. */
    private static final int COPIED_SHARE = 2;
    /**
     * Chunks of at least this size are read one by one, each straight into memory of its own. Reading ahead copies them
     * once more, and reads past the end of what is wanted: a GB cost 3.0-4.4 CPU s with it, 2.4-3.0 without.
     */
    private static final int LARGE_CHUNK_BYTES = 32 << 10;

    private final Store store;
    private final ReadBuffers storedBuffers = new ReadBuffers(StoredRead.TOGETHER_BYTES_MAX);
    private final ReadBuffers gatherBuffers = new ReadBuffers(GATHERED_BYTES_MAX);
    private final LongAdder cacheHits = new LongAdder();
    private final LongAdder cacheMisses = new LongAdder();

    public LogReader(Store store) {
        this.store = store;
    }

    /** Reads from the one that contains {@code offset} on, if memory has it. Never waits. */
    public LogRead readCached(PartitionLog log, long offset, int bytesMax) {
        long end = log.durableEndOffset();
        if (isGone(log, offset) || offset > end) {
            return gone(log, offset, end);
        }
        if (offset == end) {
            return new LogRead.AtEnd();
        }
        CachedChunk chunk = log.cachedAtOrAfter(offset);
        if (chunk == null
                || chunk.header().baseOffset() > offset
                || chunk.header().lastOffset() >= end) {
            cacheMisses.increment();
            return new LogRead.NotCached();
        }
        if (!chunk.slab().tryRetain()) {
            cacheMisses.increment();
            return new LogRead.NotCached();
        }
        cacheHits.increment();
        if (chunk.header().bytes() < SMALL_CHUNK_BYTES && chunk.header().lastOffset() + 1 < end) {
            return gather(log, chunk, offset, new Bounds(end, Math.min(bytesMax, GATHERED_BYTES_MAX)));
        }
        BatchRange range = BatchRange.find(batchesOf(chunk), offset, bytesMax);
        if (!chunk.slab().mayKeep()) {
            return copied(chunk, range);
        }
        return new LogRead.Batches(range.bytes().asReadOnlyBuffer(), range.nextOffset(), chunk.slab()::release);
    }

    /** {@code chunk} is retained; it is released here. */
    private static LogRead copied(CachedChunk chunk, BatchRange range) {
        ByteBuffer copy = ByteBuffer.allocate(range.bytes().remaining())
                .put(range.bytes())
                .flip();
        chunk.slab().release();
        return new LogRead.Batches(copy.asReadOnlyBuffer(), range.nextOffset(), () -> {});
    }

    private record Bounds(long endOffset, int bytesMax) {}

    /** Copies a run of small chunks into one buffer. {@code first} is retained; it is released here. */
    private LogRead gather(PartitionLog log, CachedChunk first, long offset, Bounds bounds) {
        BatchRange firstRange = BatchRange.find(batchesOf(first), offset, bounds.bytesMax);
        ByteBuffer buffer =
                gatherBuffers.take(Math.max(bounds.bytesMax, firstRange.bytes().remaining()));
        buffer.put(firstRange.bytes());
        first.slab().release();
        long next = firstRange.nextOffset();
        while (next > first.header().lastOffset()) {
            CachedChunk chunk = log.cachedAtOrAfter(next);
            boolean fits = chunk != null
                    && chunk.header().baseOffset() == next
                    && chunk.header().lastOffset() < bounds.endOffset
                    && buffer.position() + chunk.header().bytes() <= bounds.bytesMax;
            if (!fits || !chunk.slab().tryRetain()) {
                break;
            }
            buffer.put(batchesOf(chunk));
            chunk.slab().release();
            next = chunk.header().lastOffset() + 1;
        }
        return pooled(buffer, gatherBuffers, next);
    }

    private static ByteBuffer batchesOf(CachedChunk chunk) {
        ByteBuffer memory = chunk.memory();
        return memory.slice(Chunk.HEADER_BYTES, memory.limit() - Chunk.HEADER_BYTES);
    }

    /** A slow consumer keeps what it is sent for long: little in a large buffer is copied, so that it keeps little. */
    private static LogRead pooled(ByteBuffer buffer, ReadBuffers buffers, long nextOffset) {
        if (buffer.position() <= buffer.capacity() / COPIED_SHARE) {
            ByteBuffer copy = ByteBuffer.allocate(buffer.position()).put(buffer.flip());
            buffers.give(buffer);
            return new LogRead.Batches(copy.flip().asReadOnlyBuffer(), nextOffset, () -> {});
        }
        return lent(buffer, buffers, nextOffset);
    }

    private static LogRead lent(ByteBuffer buffer, ReadBuffers buffers, long nextOffset) {
        return new LogRead.Batches(buffer.flip().asReadOnlyBuffer(), nextOffset, () -> buffers.give(buffer));
    }

    /** Reads from the store. May wait for the disk. */
    public LogRead readStored(PartitionLog log, long offset, int bytesMax) {
        return readStored(log, offset, bytesMax, LogReader::pooled);
    }

    /** The batch that contains {@code offset}, from the store, for who gives it back at once. May wait for the disk. */
    public LogRead readStoredBriefly(PartitionLog log, long offset) {
        return readStored(log, offset, 1, LogReader::lent);
    }

    /** How what was read is handed over. */
    private interface HandOver {
        LogRead of(ByteBuffer buffer, ReadBuffers buffers, long nextOffset);
    }

    private LogRead readStored(PartitionLog log, long offset, int bytesMax, HandOver handOver) {
        long end = log.durableEndOffset();
        StoredRead read = new StoredRead(offset, end, bytesMax, storedBuffers);
        long aheadBytes = log.storedChunkBytes() >= LARGE_CHUNK_BYTES ? 0 : bytesMax;
        try {
            while (read.wantsMore()) {
                Segment segment = log.segments().floor(read.nextOffset());
                if (segment == null || segment.lastOffset() < read.nextOffset()) {
                    break;
                }
                long before = read.nextOffset();
                store.scanLog(segment.generation(), log.partitionId(), before, aheadBytes, read::visit);
                if (read.nextOffset() == before) {
                    break;
                }
            }
        } catch (StoreException | IllegalStateException e) {
            // What was read before the damage is good; the damage is told when a read begins at it.
            if (read.isEmpty()) {
                read.discard();
                return missing(log, offset, end, e.getMessage());
            }
        }
        if (!read.isEmpty()) {
            log.noteStoredChunks(read.bytesPerChunk());
            return handOver.of(read.take(), storedBuffers, read.nextOffset());
        }
        read.discard();
        return missing(log, offset, end, "no record is stored there");
    }

    /** Files of records that retention or a delete took away in the meantime may be gone; all else is damage. */
    private LogRead missing(PartitionLog log, long offset, long end, String cause) {
        return isGone(log, offset) ? gone(log, offset, end) : damaged(log, offset, end, cause);
    }

    private static boolean isGone(PartitionLog log, long offset) {
        return offset < log.logStartOffset() || log.isDeleted();
    }

    private static LogRead gone(PartitionLog log, long offset, long end) {
        if (log.isDeleted()) {
            return refused(Fault.TOPIC_NOT_FOUND, "the topic was deleted");
        }
        return refused(
                Fault.OFFSET_OUT_OF_RANGE, "offset %d lies outside of %d to %d", offset, log.logStartOffset(), end);
    }

    private LogRead damaged(PartitionLog log, long offset, long end, String cause) {
        return refused(
                Fault.DATA_DAMAGED,
                "offset %d to %d cannot be read (the log goes on to %d): %s",
                offset,
                readableAfter(log, offset, end) - 1,
                end - 1,
                cause);
    }

    /** The first offset from which on something can be read again, found by halving: damage spoils a run of offsets. */
    private long readableAfter(PartitionLog log, long damagedOffset, long end) {
        Segment segment = log.segments().floor(damagedOffset);
        if (segment == null || segment.lastOffset() < damagedOffset) {
            Segment next = log.segments().ceiling(damagedOffset);
            return next == null ? end : next.baseOffset();
        }
        long damaged = damagedOffset;
        long readable = Math.min(end, segment.lastOffset() + 1);
        while (readable - damaged > 1) {
            long middle = damaged + (readable - damaged) / 2;
            if (isReadable(log, segment, middle)) {
                readable = middle;
            } else {
                damaged = middle;
            }
        }
        return readable;
    }

    private boolean isReadable(PartitionLog log, Segment segment, long offset) {
        boolean[] found = {false};
        try {
            store.scanLog(segment.generation(), log.partitionId(), offset, 0, (lastOffset, memory) -> {
                found[0] = Chunk.readHeader(lastOffset, memory).baseOffset() <= offset;
                return false;
            });
        } catch (StoreException | IllegalStateException damaged) {
            return false;
        }
        return found[0];
    }

    private static LogRead refused(Fault fault, String format, Object... values) {
        return new LogRead.Refused(Refusal.of(fault, format, values));
    }

    /** When the record at a durable offset was appended, by the broker's clock; -1 where it is gone. May wait. */
    public long appendTimeMs(PartitionLog log, long offset) {
        CachedChunk cached = log.cachedAtOrAfter(offset);
        if (cached != null && cached.header().baseOffset() <= offset) {
            return cached.header().appendTimeMs();
        }
        Segment segment = log.segments().floor(offset);
        if (segment == null || segment.lastOffset() < offset) {
            return -1;
        }
        long[] found = {-1};
        store.scanLog(segment.generation(), log.partitionId(), offset, 0, (lastOffset, memory) -> {
            found[0] = Chunk.readHeader(lastOffset, memory).appendTimeMs();
            return false;
        });
        return found[0];
    }

    public long cacheHits() {
        return cacheHits.sum();
    }

    public long cacheMisses() {
        return cacheMisses.sum();
    }

    /** A run of whole batches in a chunk. */
    record BatchRange(ByteBuffer bytes, long nextOffset) {
        /** From the batch that contains {@code offset} on, up to {@code bytesMax} but at least one batch. */
        static BatchRange find(ByteBuffer batches, long offset, int bytesMax) {
            int from = -1;
            int at = batches.position();
            long next = offset;
            while (at < batches.limit()) {
                RecordBatch batch = RecordBatch.at(batches, at);
                boolean wanted = from >= 0 || batch.lastOffset() >= offset;
                if (wanted && from < 0) {
                    from = at;
                } else if (wanted && at + batch.sizeBytes() - from > bytesMax) {
                    break;
                }
                at += batch.sizeBytes();
                next = batch.lastOffset() + 1;
            }
            int start = from < 0 ? at : from;
            return new BatchRange(batches.slice(start, at - start), next);
        }
    }
}
