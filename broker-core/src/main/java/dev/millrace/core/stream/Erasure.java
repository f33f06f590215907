package dev.millrace.core.stream;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.ChunkRewrite;
import dev.millrace.core.log.ChunkRewrite.Rewritten;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.EventBatches.Names;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Store.ChunkPlace;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Replaces events in the log by a mark; see {@link EventBatches#erase}. Thread: shard. */
public final class Erasure {
    private static final int EVENTS_MAX = 10_000;

    private final Store store;
    private final TagIndex tags;
    private final ChunkRewrite chunks;
    /** By the present commit. */
    private final List<Erased> erased = new ArrayList<>();

    private record Erased(int partitionId, List<Long> offsets) {}

    /**
     * What was erased.
     *
     * @param places whose old bytes are still on the disk
     */
    public record Done(int eventCount, StreamHead head, List<ChunkPlace> places) {}

    /** What was erased from a stream, until it is known to have left the disk. */
    public record Unpurged(int partitionId, byte[] key, long erasedMs, List<ChunkPlace> places) {}

    Erasure(Store store, PartitionLogs logs, TagIndex tags) {
        this.store = store;
        this.tags = tags;
        this.chunks = new ChunkRewrite(store);
    }

    /** A {@link Done} without its head, or a {@link Refusal}. */
    Object erase(PartitionLog log, StreamHead head, long fromVersion, long toVersion, long nowMs, WriteSink sink) {
        if (fromVersion < 0 || fromVersion > toVersion || fromVersion > head.lastVersion()) {
            return Refusal.of(
                    Fault.INVALID_REQUEST,
                    "cannot erase versions %d to %d of a stream that has 0 to %d",
                    fromVersion,
                    toVersion,
                    head.lastVersion());
        }
        long last = Math.min(toVersion, head.lastVersion());
        Set<Long> offsets = new HashSet<>();
        StreamIndex.scan(
                store, log.partitionId(), head.streamId(), fromVersion, last + 1, (version, offset, timestampMs) -> {
                    offsets.add(offset);
                    return offsets.size() <= EVENTS_MAX;
                });
        if (offsets.size() > EVENTS_MAX) {
            return Refusal.of(
                    Fault.BATCH_TOO_LARGE,
                    "versions %d to %d are more than the %d events that are erased at a time",
                    fromVersion,
                    last,
                    EVENTS_MAX);
        }
        if (head.lastOffset() >= log.committedEndOffset()) {
            return Refusal.of(Fault.OVERLOADED, "the stream is being appended to at this very moment");
        }
        erased.add(new Erased(log.partitionId(), List.copyOf(offsets)));
        offsets.removeIf(offset -> offset < log.startOffset());
        return rewrite(log, head, offsets, nowMs, sink);
    }

    /** Reads all before it writes anything. */
    private Done rewrite(PartitionLog log, StreamHead head, Set<Long> offsets, long nowMs, WriteSink sink) {
        List<Rewritten> changed = new ArrayList<>();
        List<Runnable> forgetting = new ArrayList<>();
        for (long offset : offsets.stream().sorted().toList()) {
            if (!ChunkRewrite.covers(changed, log, offset)) {
                changed.add(chunks.change(log, offset, batches -> {
                    forgetting.add(() -> forgetTags(log.partitionId(), batches, offsets, sink));
                    return EventBatches.erase(batches, Integer.MAX_VALUE, offsets::contains, nowMs);
                }));
            }
        }
        changed.forEach(chunk -> chunks.write(log, chunk, sink));
        forgetting.forEach(Runnable::run);
        return new Done(
                offsets.size(), head, changed.stream().map(Rewritten::place).toList());
    }

    private void forgetTags(int partitionId, ByteBuffer batches, Set<Long> offsets, WriteSink sink) {
        for (RecordBatch batch : RecordBatch.in(batches)) {
            RecordCursor cursor = batch.cursor(batch.sizeBytes());
            while (cursor.next()) {
                while (offsets.contains(cursor.offset()) && cursor.nextHeader()) {
                    if (cursor.headerIs(Names.TAGS)) {
                        tags.eraseTags(partitionId, EventHeaders.tagsOf(cursor.headerValue()), cursor.offset(), sink);
                    }
                }
            }
        }
    }

    /**
     * Ends a commit.
     *
     * @return makes the cache forget what was erased; to be run once that is durable, before it is answered
     */
    Runnable endBatch(EventCache cache) {
        chunks.endBatch();
        List<Erased> done = List.copyOf(erased);
        erased.clear();
        return () -> done.forEach(each -> cache.forget(each.partitionId, each.offsets));
    }

    static byte[] encode(long erasedMs, List<ChunkPlace> places) {
        return new FieldWriter()
                .writeLong(erasedMs)
                .writeList(
                        places,
                        (out, place) -> out.writeInt(place.generation())
                                .writeInt(place.partition())
                                .writeLong(place.lastOffset()))
                .toByteArray();
    }

    static Unpurged decode(int partitionId, byte[] key, byte[] row) {
        FieldReader in = new FieldReader(row);
        return new Unpurged(
                partitionId,
                key,
                in.readLong(),
                in.readList(each -> new ChunkPlace(each.readInt(), each.readInt(), each.readLong())));
    }
}
