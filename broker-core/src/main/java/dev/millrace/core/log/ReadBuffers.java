package dev.millrace.core.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reused direct buffers for reads, in sizes that halve: allocating and zeroing one for each would cost more than filling
 * it, and so would copying a read out of one that is much larger. Thread: any.
 */
final class ReadBuffers {
    private static final int SIZE_COUNT = 5;
    /** What may lie idle, in buffers of the largest size. */
    private static final int IDLE_LARGEST_MAX = 32;

    /** The smallest first. */
    private final List<Shelf> shelves = new ArrayList<>(SIZE_COUNT);

    private final AtomicLong idleBytes = new AtomicLong();
    private final long idleBytesMax;

    private record Shelf(int bufferBytes, ConcurrentLinkedQueue<ByteBuffer> idle) {}

    /** @param largestBytes of a buffer that is reused */
    ReadBuffers(int largestBytes) {
        for (int halvings = SIZE_COUNT - 1; halvings >= 0; halvings--) {
            shelves.add(new Shelf(largestBytes >> halvings, new ConcurrentLinkedQueue<>()));
        }
        this.idleBytesMax = (long) IDLE_LARGEST_MAX * largestBytes;
    }

    /** An empty buffer of at least {@code size} bytes, and of less than twice as many above the smallest size. */
    ByteBuffer take(int size) {
        for (Shelf shelf : shelves) {
            if (size <= shelf.bufferBytes) {
                return takeFrom(shelf);
            }
        }
        return ByteBuffer.allocateDirect(size);
    }

    private ByteBuffer takeFrom(Shelf shelf) {
        ByteBuffer buffer = shelf.idle.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(shelf.bufferBytes);
        }
        idleBytes.addAndGet(-shelf.bufferBytes);
        return buffer.clear();
    }

    void give(ByteBuffer buffer) {
        for (Shelf shelf : shelves) {
            if (buffer.capacity() == shelf.bufferBytes && idleBytes.get() < idleBytesMax) {
                idleBytes.addAndGet(shelf.bufferBytes);
                shelf.idle.add(buffer);
                return;
            }
        }
    }

    long idleBytes() {
        return idleBytes.get();
    }
}
