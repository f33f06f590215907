package dev.millrace.core.log;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Store.ChunkPlace;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Puts changed batches in the place of a committed chunk's: the one exception to "never changed". Thread: shard. */
public final class ChunkRewrite {
    private final Store store;
    /** Rewritten by the present commit: the store still has them as they were. */
    private final Map<ChunkPlace, ByteBuffer> rewritten = new HashMap<>();

    public ChunkRewrite(Store store) {
        this.store = store;
    }

    /** True where one of the changed chunks holds the offset. */
    public static boolean covers(List<Rewritten> changed, PartitionLog log, long offset) {
        return changed.stream().anyMatch(chunk -> chunk.holds(log, offset));
    }

    /**
     * A changed chunk that is not written yet.
     *
     * @param bytes with the chunk's header
     */
    public record Rewritten(ChunkPlace place, ByteBuffer bytes) {
        boolean holds(PartitionLog log, long offset) {
            return place.partition() == log.partitionId()
                    && offset <= place.lastOffset()
                    && offset >= Chunk.readHeader(place.lastOffset(), bytes).baseOffset();
        }
    }

    /** Changes the chunk with this offset, which must be committed. Fails: StoreException where it cannot be read. */
    public Rewritten change(PartitionLog log, long offset, UnaryOperator<ByteBuffer> change) {
        Segment segment = log.segments().floor(offset);
        ChunkPlace[] place = {null};
        ByteBuffer[] found = {null};
        store.scanLog(segment.generation(), log.partitionId(), offset, (lastOffset, chunk) -> {
            place[0] = new ChunkPlace(segment.generation(), log.partitionId(), lastOffset);
            found[0] = ByteBuffer.allocate(chunk.remaining())
                    .put(chunk.duplicate())
                    .flip();
            return false;
        });
        if (place[0] == null
                || Chunk.readHeader(place[0].lastOffset(), found[0]).baseOffset() > offset) {
            throw new StoreException(
                    StoreException.Kind.DAMAGED,
                    "offset " + offset + " is not where the segment of partition log " + log.partitionId() + " says");
        }
        ByteBuffer old = rewritten.getOrDefault(place[0], found[0]);
        ByteBuffer batches = change.apply(old.slice(Chunk.HEADER_BYTES, old.remaining() - Chunk.HEADER_BYTES));
        ByteBuffer chunk = ByteBuffer.allocateDirect(Chunk.HEADER_BYTES + batches.remaining());
        chunk.put(old.slice(0, Chunk.HEADER_BYTES)).put(batches).flip();
        return new Rewritten(place[0], chunk);
    }

    /** Writes a changed chunk. */
    public void write(PartitionLog log, Rewritten changed, WriteSink sink) {
        ChunkPlace place = changed.place;
        rewritten.put(place, changed.bytes);
        sink.replaceChunk(place.generation(), place.partition(), place.lastOffset(), changed.bytes);
        log.forgetCached(place.lastOffset());
    }

    /** Ends a commit. */
    public void endBatch() {
        rewritten.clear();
    }
}
