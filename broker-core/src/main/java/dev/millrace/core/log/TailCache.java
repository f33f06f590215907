package dev.millrace.core.log;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The newest chunks of all partitions in off-heap memory, so that reads at the tail never touch the store.
 *
 * <p>Memory comes in slabs that are filled in append order and evicted whole, oldest first. A reader retains a slab while
 * it sends from it; an evicted slab is used again when its last reader is done. Slow readers could so hold a slab each,
 * whatever little they send from it: past {@link #KEPT_PER_BUDGET} budgets they copy instead ({@link Slab#mayKeep}), and
 * memory stays below one budget more. Thread: allocation and eviction belong to the shard; retaining and releasing to any.
 */
final class TailCache {
    private static final int SLAB_BYTES_MAX = 4 << 20;
    private static final int SLABS_MIN = 4;
    private static final int KEPT_PER_BUDGET = 2;

    private final long bytesMax;
    private final int slabBytes;
    private final ArrayDeque<Slab> slabs = new ArrayDeque<>();
    private final Queue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
    private final AtomicLong bytes = new AtomicLong();

    TailCache(long bytesMax) {
        this.bytesMax = bytesMax;
        this.slabBytes = (int) Math.max(64 << 10, Math.min(SLAB_BYTES_MAX, bytesMax / SLABS_MIN));
    }

    /** Memory with a reader count. */
    final class Slab {
        private final ByteBuffer memory;
        private final AtomicInteger users = new AtomicInteger(1);
        private final List<Runnable> onEvict = new ArrayList<>();

        private Slab(ByteBuffer memory) {
            this.memory = memory;
        }

        /** Returns false when the slab was evicted and its memory may be in use for something else. */
        boolean tryRetain() {
            for (int count = users.get(); count > 0; count = users.get()) {
                if (users.compareAndSet(count, count + 1)) {
                    return true;
                }
            }
            return false;
        }

        /** False when readers hold so much already that a retained slab should be released at once. */
        boolean mayKeep() {
            return bytes.get() <= KEPT_PER_BUDGET * bytesMax;
        }

        void release() {
            if (users.decrementAndGet() == 0) {
                long left = bytes.addAndGet(-memory.capacity());
                // More than the budget is not kept for later, but left to the collector.
                if (memory.capacity() == slabBytes && left < bytesMax) {
                    free.add(memory);
                }
            }
        }
    }

    /** A piece of a slab. */
    record Piece(Slab slab, ByteBuffer memory) {}

    /** Memory for a chunk; {@code forget} runs on eviction, before the memory is used again. */
    Piece allocate(int size, Runnable forget) {
        Slab slab = slabs.peekLast();
        if (slab == null || slab.memory.remaining() < size) {
            slab = addSlab(size);
        }
        ByteBuffer piece = slab.memory.slice(slab.memory.position(), size);
        slab.memory.position(slab.memory.position() + size);
        slab.onEvict.add(forget);
        return new Piece(slab, piece);
    }

    private Slab addSlab(int size) {
        int capacity = Math.max(size, slabBytes);
        while (!slabs.isEmpty() && bytes.get() + capacity > bytesMax && slabs.size() >= SLABS_MIN) {
            evictOldest();
        }
        ByteBuffer memory = capacity == slabBytes ? free.poll() : null;
        Slab slab = new Slab(memory == null ? ByteBuffer.allocateDirect(capacity) : memory.clear());
        bytes.addAndGet(capacity);
        slabs.add(slab);
        return slab;
    }

    private void evictOldest() {
        Slab oldest = slabs.remove();
        oldest.onEvict.forEach(Runnable::run);
        oldest.onEvict.clear();
        oldest.release();
    }

    /** Bytes of slabs in use, evicted ones with readers among them. Thread: any. */
    long bytes() {
        return bytes.get();
    }
}
