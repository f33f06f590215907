package dev.millrace.core.log;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Reused direct buffers for reads: allocating and zeroing a MiB for each would cost more than filling it. Thread: any. */
final class ReadBuffers {
    static final int BUFFER_BYTES = 1 << 20;

    private static final int IDLE_COUNT_MAX = 32;

    private final ConcurrentLinkedQueue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idleCount = new AtomicInteger();

    /** An empty buffer of at least {@code size} bytes. */
    ByteBuffer take(int size) {
        if (size > BUFFER_BYTES) {
            return ByteBuffer.allocateDirect(size);
        }
        ByteBuffer buffer = idle.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(BUFFER_BYTES);
        }
        idleCount.decrementAndGet();
        return buffer.clear();
    }

    void give(ByteBuffer buffer) {
        if (buffer.capacity() == BUFFER_BYTES && idleCount.get() < IDLE_COUNT_MAX) {
            idleCount.incrementAndGet();
            idle.add(buffer);
        }
    }
}
