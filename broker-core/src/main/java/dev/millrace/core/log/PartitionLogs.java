package dev.millrace.core.log;

import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All partitions' logs of a shard, and the generation that they write into.
 *
 * <p>A generation is what lies between two flushes of the store's memtable: its number leads every log key, so flushed
 * files never overlap and are never rewritten. Thread: shard, except {@link #find} and {@link #tailCacheBytes}.
 */
public final class PartitionLogs {
    private static final byte[] ALL_PARTITIONS = {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff};

    private final Map<Integer, PartitionLog> logs = new ConcurrentHashMap<>();
    private final List<PartitionLog> touched = new ArrayList<>();
    private final Set<PartitionLog> moved = new LinkedHashSet<>();
    private final List<PartitionLog> removed = new ArrayList<>();
    private final GenerationUse use = new GenerationUse();
    private final TailCache cache;
    private final GenerationLimits limits;
    private final Store store;
    private AppendListener onAppend = (partitionId, batches, sink) -> {};
    private int generation = 1;
    private boolean generationUnwritten = true;
    private long generationBytes;
    private long generationStartMs = Long.MAX_VALUE;

    /**
     * When a generation ends.
     *
     * @param bytesMax appended bytes; twice this is the store's memtable
     * @param ageMsMax since its first append
     */
    public record GenerationLimits(long bytesMax, long ageMsMax) {}

    /** Told of batches with their offsets, in the commit that appends them. */
    @FunctionalInterface
    public interface AppendListener {
        void onAppend(int partitionId, ByteBuffer batches, WriteSink sink);
    }

    public PartitionLogs(Store store, long tailCacheBytes, GenerationLimits limits) {
        this.store = store;
        this.cache = new TailCache(tailCacheBytes);
        this.limits = limits;
    }

    /** Reads the rows, and starts a new generation: a recovered memtable may hold the end of the old one. */
    public void load() {
        byte[] row = store.get(Table.META, LogRows.GENERATION_KEY);
        generation = row == null ? 0 : ByteBuffer.wrap(row).getInt();
        store.scan(
                Table.META,
                new byte[] {LogRows.BOUNDS_PREFIX},
                new byte[] {LogRows.BOUNDS_PREFIX + 1},
                (key, value) -> {
                    ByteBuffer bounds = ByteBuffer.wrap(value);
                    findOrCreate(ByteBuffer.wrap(key, 1, 4).getInt()).restoreBounds(bounds.getLong(), bounds.getLong());
                    return true;
                });
        store.scan(Table.SEGMENT, new byte[0], ALL_PARTITIONS, (key, value) -> {
            ByteBuffer in = ByteBuffer.wrap(key);
            int partitionId = in.getInt();
            Segment segment = Segment.decode(in.getLong(), value);
            findOrCreate(partitionId).restoreSegment(segment);
            generation = Math.max(generation, segment.generation());
            return true;
        });
        generation++;
    }

    /** The log; one with no records where the partition was just created. */
    public PartitionLog findOrCreate(int partitionId) {
        return logs.computeIfAbsent(partitionId, id -> new PartitionLog(id, cache, use));
    }

    /** The log, or null. Thread: any. */
    public PartitionLog find(int partitionId) {
        return logs.get(partitionId);
    }

    /** All logs, in no order. Thread: any. */
    public Collection<PartitionLog> all() {
        return Collections.unmodifiableCollection(logs.values());
    }

    /** Appends to a log that {@link #find} gave; returns the offset of the first record. */
    public long append(PartitionLog log, ByteBuffer batches, long nowMs, WriteSink sink) {
        return append(log, batches, PartitionLog.CHUNK_BYTES_MAX, nowMs, sink);
    }

    /** As {@link #append}, but for single reads: in small chunks. */
    public long appendEvents(PartitionLog log, ByteBuffer batches, long nowMs, WriteSink sink) {
        return append(log, batches, PartitionLog.EVENT_CHUNK_BYTES_MAX, nowMs, sink);
    }

    private long append(PartitionLog log, ByteBuffer batches, int chunkBytesMax, long nowMs, WriteSink sink) {
        generationStartMs = Math.min(generationStartMs, nowMs);
        generationBytes += batches.remaining();
        if (!log.hasOpenChunk()) {
            touched.add(log);
        }
        long baseOffset = log.append(batches, chunkBytesMax, nowMs, generation, sink);
        onAppend.onAppend(log.partitionId(), batches, sink);
        return baseOffset;
    }

    /** One for all logs, set before the first append. */
    public void onAppend(AppendListener listener) {
        onAppend = listener;
    }

    /** Moves a log's start up to an offset that is at most its end; returns true when it moved or dropped a segment. */
    public boolean moveStart(PartitionLog log, long offset, WriteSink sink) {
        boolean changed = log.moveStart(offset, sink);
        if (changed) {
            moved.add(log);
            dropTimeIndex(log, offset, sink);
        }
        return changed;
    }

    /** Applies the retention that holds for a log at {@code dueMs}; negative = unlimited. */
    public void retain(PartitionLog log, long retentionMs, long retentionBytes, long dueMs, WriteSink sink) {
        moveStart(log, log.startAfterRetention(retentionMs, retentionBytes, dueMs), sink);
    }

    private void dropTimeIndex(PartitionLog log, long beforeOffset, WriteSink sink) {
        byte[] from = LogRows.partitionOffset(log.partitionId(), 0);
        byte[] to = LogRows.partitionOffset(log.partitionId(), beforeOffset);
        store.scan(Table.TIME_INDEX, from, to, (key, value) -> {
            sink.delete(Table.TIME_INDEX, key);
            return true;
        });
    }

    /** Forgets a partition and its rows; its bytes leave with their generations. */
    public void delete(PartitionLog log, WriteSink sink) {
        log.delete(sink);
        dropTimeIndex(log, Long.MAX_VALUE, sink);
        removed.add(log);
    }

    /**
     * Ends a commit: writes the open chunks, and decides whether the next commit opens a new generation.
     *
     * @return makes the commit visible to readers. Thread: syncer
     */
    public Runnable endBatch(long nowMs, WriteSink sink) {
        List<DurableEnd> ends = new ArrayList<>(touched.size());
        for (PartitionLog log : touched) {
            if (!log.isRemoved()) {
                log.closeChunk(nowMs, generation, sink);
                log.committed();
                ends.add(new DurableEnd(log, log.endOffset()));
            }
        }
        touched.clear();
        Runnable showStarts = takeMoved();
        List<PartitionLog> gone = List.copyOf(removed);
        removed.clear();
        if (generationUnwritten && generationBytes > 0) {
            sink.put(
                    Table.META,
                    LogRows.GENERATION_KEY,
                    ByteBuffer.allocate(4).putInt(generation).array());
            generationUnwritten = false;
        }
        endGenerationWhenDue(nowMs);
        return () -> {
            ends.forEach(end -> end.log.advanceDurableEnd(end.offset));
            // After the ends: a commit may delete what it appended.
            showStarts.run();
            gone.forEach(this::showDeleted);
        };
    }

    private record DurableEnd(PartitionLog log, long offset) {}

    private record DurableStart(PartitionLog log, long offset, long keptFromOffset) {}

    private Runnable takeMoved() {
        List<DurableStart> starts = moved.stream()
                .map(log -> new DurableStart(log, log.startOffset(), log.keptFromOffset()))
                .toList();
        moved.clear();
        return () -> starts.forEach(start -> start.log.showStart(start.offset, start.keptFromOffset));
    }

    private void showDeleted(PartitionLog log) {
        logs.remove(log.partitionId());
        log.showDeleted();
    }

    private void endGenerationWhenDue(long nowMs) {
        boolean old = generationBytes > 0 && nowMs - generationStartMs >= limits.ageMsMax;
        if (generationBytes >= limits.bytesMax || old) {
            generation++;
            generationUnwritten = true;
            generationBytes = 0;
            generationStartMs = Long.MAX_VALUE;
        }
    }

    /** When the newest record was appended; -1 where there is none. */
    public long lastAppendMs() {
        return logs.values().stream()
                .mapToLong(PartitionLog::lastAppendMs)
                .max()
                .orElse(-1);
    }

    /** The generation of the next commit's chunks. */
    public int generation() {
        return generation;
    }

    /** Generations that hold nothing that any log still needs. */
    public List<GenerationRange> unneededGenerations() {
        return use.unneededBefore(generation);
    }

    /** Thread: any. */
    public long tailCacheBytes() {
        return cache.bytes();
    }
}
