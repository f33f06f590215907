package dev.millrace.core.log;

import dev.millrace.core.record.CorruptBatchException;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * Walks every chunk of a partition's log and says which offsets cannot be read: checksums of batches, offsets without a
 * gap, and agreement with the segments. Thread: one.
 */
public final class LogCheck {
    private final Store store;
    private final LongConsumer progress;
    private long recordCount;

    /** Receives ranges of offsets that are not good, both ends inclusive. */
    @FunctionalInterface
    public interface DamageListener {
        void damaged(long fromOffset, long toOffset, String problem);
    }

    /** @param progress receives bytes of batches that were read */
    public LogCheck(Store store, LongConsumer progress) {
        this.store = store;
        this.progress = progress;
    }

    /** Records that were found good so far. */
    public long recordCount() {
        return recordCount;
    }

    public void check(PartitionLog log, DamageListener listener) {
        long next = log.logStartOffset();
        boolean first = true;
        for (Segment segment : log.segments().all()) {
            if (segment.baseOffset() > segment.lastOffset()) {
                listener.damaged(segment.baseOffset(), segment.lastOffset(), "a segment that ends before it begins");
            } else if (first ? segment.baseOffset() > next : segment.baseOffset() != next) {
                long from = Math.min(next, segment.baseOffset());
                listener.damaged(from, Math.max(next, segment.baseOffset()) - 1, "segments leave a gap or overlap");
            }
            checkSegment(log.partitionId(), segment, listener);
            next = segment.lastOffset() + 1;
            first = false;
        }
        if (next != log.endOffset()) {
            listener.damaged(
                    Math.min(next, log.endOffset()),
                    Math.max(next, log.endOffset()) - 1,
                    "the log should end at offset " + log.endOffset() + ", its segments end at " + next);
        }
    }

    private void checkSegment(int partitionId, Segment segment, DamageListener listener) {
        Walk walk = new Walk(segment, listener);
        long from = walk.next;
        while (walk.next <= segment.lastOffset()) {
            try {
                store.scanLog(segment.generation(), partitionId, from, walk::visit);
                walk.missing(segment.lastOffset(), "no record is stored there");
            } catch (StoreException unreadable) {
                Hole hole = holeAt(partitionId, segment, walk.next);
                walk.missing(hole.lastOffset, unreadable.getMessage());
                from = hole.resumeAt;
            }
        }
        if (walk.good && walk.bytes != segment.bytes()) {
            listener.damaged(
                    segment.baseOffset(),
                    segment.lastOffset(),
                    "the segment should hold " + segment.bytes() + " bytes, it holds " + walk.bytes);
        }
    }

    /** Offsets that cannot be read, up to the last one; a seek to the other offset finds what follows. */
    private record Hole(long lastOffset, long resumeAt) {}

    /**
     * Where the part that begins at an unreadable offset ends: behind a damaged block the next one is good. The index has
     * shortened keys, so a seek to the first offsets of the good block may still land in the bad one.
     */
    private Hole holeAt(int partitionId, Segment segment, long from) {
        long bad = from;
        long good = segment.lastOffset() + 1;
        long goodBase = good;
        while (good - bad > 1) {
            long middle = bad + (good - bad) / 2;
            long base = baseOfChunkAt(partitionId, segment, middle);
            if (base >= 0) {
                good = middle;
                goodBase = base;
            } else {
                bad = middle;
            }
        }
        return new Hole(Math.max(from, Math.min(good, goodBase) - 1), good);
    }

    /** The base offset of the chunk with this offset or the next one after it, or -1 where that cannot be read. */
    private long baseOfChunkAt(int partitionId, Segment segment, long offset) {
        long[] base = {-1};
        try {
            store.scanLog(segment.generation(), partitionId, offset, (lastOffset, memory) -> {
                base[0] = Chunk.readHeader(lastOffset, memory).baseOffset();
                return false;
            });
        } catch (StoreException | IllegalStateException e) {
            return -1;
        }
        return base[0];
    }

    /** What one segment's chunks hold, in order. */
    private final class Walk {
        private final Segment segment;
        private final DamageListener listener;
        private long next;
        private long bytes;
        private boolean good = true;

        Walk(Segment segment, DamageListener listener) {
            this.segment = segment;
            this.listener = listener;
            this.next = segment.baseOffset();
        }

        /** Chunks of the next segment may follow in the same generation. */
        boolean visit(long lastOffset, ByteBuffer memory) {
            if (lastOffset > segment.lastOffset()) {
                return false;
            }
            progress.accept(memory.remaining());
            try {
                Chunk chunk = Chunk.readHeader(lastOffset, memory);
                missing(chunk.baseOffset() - 1, "no record is stored there");
                checkBatches(chunk, memory.slice(memory.position() + Chunk.HEADER_BYTES, chunk.bytes()));
                bytes += chunk.bytes();
                recordCount += lastOffset + 1 - next;
                next = lastOffset + 1;
            } catch (IllegalStateException | CorruptBatchException e) {
                missing(lastOffset, e.getMessage());
            }
            return true;
        }

        /** Fails: IllegalStateException, CorruptBatchException with what is wrong. */
        private void checkBatches(Chunk chunk, ByteBuffer batches) {
            long expected = next;
            for (RecordBatch batch : RecordBatch.in(batches)) {
                if (!batch.checksumValid()) {
                    throw new CorruptBatchException(
                            "the checksum of the batch at offset " + expected + " does not match");
                }
                if (batch.baseOffset() != expected || batch.lastOffset() < expected) {
                    throw new IllegalStateException("a batch says that it holds the offsets " + batch.baseOffset()
                            + " to " + batch.lastOffset() + ", it should begin at " + expected);
                }
                expected = batch.lastOffset() + 1;
            }
            if (expected != chunk.lastOffset() + 1) {
                throw new IllegalStateException("the batches up to offset " + (expected - 1)
                        + " lie in a chunk that ends at " + chunk.lastOffset());
            }
        }

        /** Counts all from the next offset up to this one as damaged; nothing where that lies behind already. */
        void missing(long toOffset, String problem) {
            if (next <= toOffset) {
                listener.damaged(next, toOffset, problem);
                next = toOffset + 1;
                good = false;
            }
        }
    }
}
