package dev.millrace.client.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory for one producer's sealed batches. Large ones lie outside the heap, so that they are sent from there and not copied
 * once more; of that memory, which reads and writes need, too, they take a quarter at most, and lie in the heap past it.
 * Thread: any.
 */
final class BatchMemory {
    private static final int PART_OF_ALL = 4;

    private final long directBytesMax;
    private final AtomicLong directBytes = new AtomicLong();

    BatchMemory() {
        this(PlatformDependent.maxDirectMemory() / PART_OF_ALL);
    }

    BatchMemory(long directBytesMax) {
        this.directBytesMax = directBytesMax;
    }

    /** Of exactly so many bytes; {@link #giveBack} takes it back, once. */
    ByteBuf take(int bytes) {
        // What is small is copied into a larger buffer when it is sent.
        if (bytes > Connection.GATHERED_PAYLOAD_BYTES_MAX) {
            if (directBytes.addAndGet(bytes) <= directBytesMax) {
                return PooledByteBufAllocator.DEFAULT.directBuffer(bytes, bytes).writerIndex(bytes);
            }
            directBytes.addAndGet(-bytes);
        }
        return Unpooled.wrappedBuffer(new byte[bytes]);
    }

    void giveBack(ByteBuf memory) {
        if (memory.isDirect()) {
            directBytes.addAndGet(-memory.capacity());
        }
        memory.release();
    }
}
