package dev.millrace.core.storage;

import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;

/** Lends direct buffers to scans, so that a read allocates nothing. Thread: any. Bounded: 16 buffers of 8 MiB at most. */
final class ChunkBuffers {
    private static final int KEPT_COUNT_MAX = 16;
    private static final int KEPT_BYTES_MAX = 8 << 20;

    /** A chunk is at most 1 MiB by default; the rest is room for one batch that goes over. */
    private static final int START_BYTES = (1 << 20) + (64 << 10);

    private final ArrayBlockingQueue<ByteBuffer> free = new ArrayBlockingQueue<>(KEPT_COUNT_MAX);

    ByteBuffer take() {
        ByteBuffer buffer = free.poll();
        return buffer != null ? buffer : ByteBuffer.allocateDirect(START_BYTES);
    }

    /** Gives a buffer back; a large or surplus one is left to the collector. */
    void give(ByteBuffer buffer) {
        if (buffer.capacity() <= KEPT_BYTES_MAX) {
            free.offer(buffer);
        }
    }

    static ByteBuffer allocateAtLeast(int bytes) {
        return ByteBuffer.allocateDirect(bytes > 1 << 29 ? bytes : Integer.highestOneBit(bytes - 1) << 1);
    }
}
