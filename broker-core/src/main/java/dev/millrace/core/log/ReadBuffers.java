package dev.millrace.core.log;

import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Reused direct buffers for reads: allocating and zeroing one for each would cost more than filling it. Thread: any. */
final class ReadBuffers {
    private static final int IDLE_COUNT_MAX = 32;

    private final ConcurrentLinkedQueue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();
    private final AtomicInteger idleCount = new AtomicInteger();
    private final int bufferBytes;

    ReadBuffers(int bufferBytes) {
        this.bufferBytes = bufferBytes;
    }

    /** An empty buffer of at least {@code size} bytes. */
    ByteBuffer take(int size) {
        if (size > bufferBytes) {
            return ByteBuffer.allocateDirect(size);
        }
        ByteBuffer buffer = idle.poll();
        if (buffer == null) {
            return ByteBuffer.allocateDirect(bufferBytes);
        }
        idleCount.decrementAndGet();
        return buffer.clear();
    }

    void give(ByteBuffer buffer) {
        if (buffer.capacity() == bufferBytes && idleCount.get() < IDLE_COUNT_MAX) {
            idleCount.incrementAndGet();
            idle.add(buffer);
        }
    }
}
