package dev.millrace.core.log;

import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Finds the first record whose timestamp is not before a time. Exact although timestamps come from clients and may go
 * backwards: segment map and time index only say where such a record cannot be. Thread: any; may wait for the disk.
 */
public final class TimeSearch {
    private final Store store;
    private final int decompressedBytesMax;

    /** The record found. */
    public record Found(long offset, long timestampMs) {}

    public TimeSearch(Store store, int decompressedBytesMax) {
        this.store = store;
        this.decompressedBytesMax = decompressedBytesMax;
    }

    public Optional<Found> find(PartitionLog log, long timeMs) {
        long start = log.logStartOffset();
        long end = log.durableEndOffset();
        for (Segment segment : log.segments().all()) {
            if (segment.maxTimestampMs() < timeMs || segment.lastOffset() < start || segment.baseOffset() >= end) {
                continue;
            }
            long from = Math.max(start, skipByIndex(log, segment, timeMs));
            Optional<Found> found =
                    scan(log, segment, new Wanted(from, Math.min(end - 1, segment.lastOffset()), timeMs));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private record Wanted(long fromOffset, long lastOffset, long timeMs) {}

    private long skipByIndex(PartitionLog log, Segment segment, long timeMs) {
        long[] from = {segment.baseOffset()};
        byte[] low = LogRows.partitionOffset(log.partitionId(), segment.baseOffset());
        byte[] high = LogRows.partitionOffset(log.partitionId(), segment.lastOffset() + 1);
        store.scan(Table.TIME_INDEX, low, high, (key, value) -> {
            boolean allOlder = ByteBuffer.wrap(value).getLong() < timeMs;
            if (allOlder) {
                from[0] = ByteBuffer.wrap(key, 4, 8).getLong() + 1;
            }
            return allOlder;
        });
        return from[0];
    }

    private Optional<Found> scan(PartitionLog log, Segment segment, Wanted wanted) {
        Found[] found = {null};
        store.scanLog(segment.generation(), log.partitionId(), wanted.fromOffset, (lastOffset, memory) -> {
            Chunk chunk = Chunk.readHeader(lastOffset, memory);
            if (chunk.baseOffset() > wanted.lastOffset) {
                return false;
            }
            if (chunk.maxTimestampMs() >= wanted.timeMs) {
                found[0] = firstIn(memory.slice(memory.position() + Chunk.HEADER_BYTES, chunk.bytes()), wanted);
            }
            return found[0] == null && lastOffset < wanted.lastOffset;
        });
        return Optional.ofNullable(found[0]);
    }

    private Found firstIn(ByteBuffer batches, Wanted wanted) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            if (batch.maxTimestampMs() < wanted.timeMs || batch.lastOffset() < wanted.fromOffset) {
                continue;
            }
            for (Record record : batch.records(decompressedBytesMax)) {
                boolean inRange = record.offset() >= wanted.fromOffset && record.offset() <= wanted.lastOffset;
                if (inRange && record.timestampMs() >= wanted.timeMs) {
                    return new Found(record.offset(), record.timestampMs());
                }
            }
        }
        return null;
    }
}
