package dev.millrace.core.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reused direct buffers for reads, in sizes that halve: allocating and zeroing one for each would cost more than filling
 * it, and so would copying a read out of one that is much larger. Thread: any.
 */
final class ReadBuffers {
    private static final int SIZE_COUNT = 5;
    /** What may lie idle of each size, so that none takes the room of another: as much as so many of the largest. */
    private static final int IDLE_LARGEST_MAX = 8;

    /** The smallest first. */
    private final List<Shelf> shelves = new ArrayList<>(SIZE_COUNT);

    private record Shelf(
            int bufferBytes, int idleCountMax, ConcurrentLinkedQueue<ByteBuffer> idle, AtomicInteger idleCount) {
        ByteBuffer take() {
            ByteBuffer buffer = idle.poll();
            if (buffer == null) {
                return ByteBuffer.allocateDirect(bufferBytes);
            }
            idleCount.decrementAndGet();
            return buffer.clear();
        }

        void give(ByteBuffer buffer) {
            if (idleCount.get() < idleCountMax) {
                idleCount.incrementAndGet();
                idle.add(buffer);
            }
        }
    }

    /** @param largestBytes of a buffer that is reused */
    ReadBuffers(int largestBytes) {
        for (int halvings = SIZE_COUNT - 1; halvings >= 0; halvings--) {
            shelves.add(new Shelf(
                    largestBytes >> halvings,
                    IDLE_LARGEST_MAX << halvings,
                    new ConcurrentLinkedQueue<>(),
                    new AtomicInteger()));
        }
    }

    /** An empty buffer of at least {@code size} bytes, and of less than twice as many above the smallest size. */
    ByteBuffer take(int size) {
        for (Shelf shelf : shelves) {
            if (size <= shelf.bufferBytes) {
                return shelf.take();
            }
        }
        return ByteBuffer.allocateDirect(size);
    }

    void give(ByteBuffer buffer) {
        for (Shelf shelf : shelves) {
            if (buffer.capacity() == shelf.bufferBytes) {
                shelf.give(buffer);
                return;
            }
        }
    }

    long idleBytes() {
        return shelves.stream()
                .mapToLong(shelf -> (long) shelf.idleCount.get() * shelf.bufferBytes)
                .sum();
    }
}
