package dev.millrace.core.log;

import dev.millrace.core.log.PartitionLog.CachedChunk;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One partition's chunks in the tail cache, by offset: added behind the newest, evicted from the oldest on.
 *
 * <p>A ring, because every commit comes by here with every partition that it touched: a skip list took a quarter of the
 * shard's time with 1,000 partitions. Thread: the shard changes it. Any thread looks up without waiting; it may miss a chunk
 * that is evicted meanwhile, but never finds one that does not end at or behind the offset.
 */
final class CachedChunks {
    private static final int CAPACITY_MIN = 4;
    /** A ring that is filled to less than this part is halved. */
    private static final int SPARSE = 8;

    /** Positions only grow; the chunk at position p lies in slot p modulo capacity. */
    private volatile CachedChunk[] ring;

    private volatile long first;
    private volatile long end;

    // Written in order, without a fence for each: four of them a chunk were a part of what a commit costs, and a reader
    // learns of a chunk by its durable offset, which comes much later.
    private static final VarHandle FIRST = handle("first");
    private static final VarHandle END = handle("end");
    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(CachedChunk[].class);

    private static VarHandle handle(String field) {
        try {
            return MethodHandles.lookup().findVarHandle(CachedChunks.class, field, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    void add(CachedChunk chunk) {
        long position = end;
        if (ring == null) {
            ring = new CachedChunk[CAPACITY_MIN];
        } else if (position - first == ring.length) {
            resize(2 * ring.length);
        }
        SLOTS.setRelease(ring, slot(ring, position), chunk);
        END.setRelease(this, position + 1);
    }

    /** Evicts the oldest chunk, which ends at this offset. */
    void evict(long lastOffset) {
        long position = first;
        CachedChunk oldest = position < end ? ring[slot(ring, position)] : null;
        if (oldest == null || oldest.header().lastOffset() != lastOffset) {
            throw new IllegalStateException("the chunk that ends at offset " + lastOffset + " is not the oldest");
        }
        FIRST.setRelease(this, position + 1);
        SLOTS.setRelease(ring, slot(ring, position), null);
        int capacity = ring.length;
        if (capacity > CAPACITY_MIN && end - first < capacity / SPARSE) {
            resize(capacity / 2);
        }
    }

    /** Lets nobody find the chunk that ends at this offset any more; it keeps its place until it is evicted. */
    void forget(long lastOffset) {
        long position = positionOf(ring, first, end, lastOffset);
        CachedChunk chunk = ring == null || position == end ? null : ring[slot(ring, position)];
        if (chunk != null && chunk.header().lastOffset() == lastOffset) {
            SLOTS.setVolatile(ring, slot(ring, position), chunk.withoutMemory());
        }
    }

    private void resize(int capacity) {
        CachedChunk[] resized = new CachedChunk[capacity];
        for (long position = first; position < end; position++) {
            resized[slot(resized, position)] = ring[slot(ring, position)];
        }
        ring = resized;
    }

    /** Thread: any. */
    private static CachedChunk at(CachedChunk[] ring, long position) {
        return (CachedChunk) SLOTS.getAcquire(ring, slot(ring, position));
    }

    private static int slot(CachedChunk[] ring, long position) {
        return (int) (position & ring.length - 1);
    }

    /** The chunk with this offset or the next one after it; null where there is none, or it was just evicted. */
    CachedChunk atOrAfter(long offset) {
        long behind = end;
        long oldest = first;
        // Read after the end: a ring that holds all before it.
        CachedChunk[] chunks = ring;
        long position = positionOf(chunks, oldest, behind, offset);
        CachedChunk found = position < behind ? at(chunks, position) : null;
        boolean readable = found != null && found.memory() != null;
        return readable && found.header().lastOffset() >= offset ? found : null;
    }

    /** Where the first chunk lies that ends at or behind the offset; {@code to} where none does. */
    private static long positionOf(CachedChunk[] chunks, long from, long to, long offset) {
        long low = from;
        long high = to;
        while (low < high) {
            long middle = low + high >>> 1;
            CachedChunk chunk = at(chunks, middle);
            if (chunk == null || chunk.header().lastOffset() < offset) {
                low = middle + 1; // evicted means older
            } else {
                high = middle;
            }
        }
        return low;
    }
}
