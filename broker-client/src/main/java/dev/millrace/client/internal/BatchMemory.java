package dev.millrace.client.internal;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * Memory for one producer's sealed batches. Large ones lie outside the heap, so that they are sent from there and not copied
 * once more; of that memory, which reads and writes need, too, they take a quarter at most, and lie in the heap past it.
 * Thread: any.
 */
final class BatchMemory {
    private static final int PART_OF_ALL = 4;

    private final long directBytesMax;
    private final AtomicLong directBytes = new AtomicLong();

    private final IntFunction<ByteBuf> direct;

    BatchMemory() {
        this(
                PlatformDependent.maxDirectMemory() / PART_OF_ALL,
                bytes -> PooledByteBufAllocator.DEFAULT.directBuffer(bytes, bytes));
    }

    /** @param direct gives memory outside the heap of exactly so many bytes, or throws OutOfMemoryError */
    BatchMemory(long directBytesMax, IntFunction<ByteBuf> direct) {
        this.directBytesMax = directBytesMax;
        this.direct = direct;
    }

    /** Of exactly so many bytes; {@link #giveBack} takes it back, once. */
    ByteBuf take(int bytes) {
        // What is small is copied into a larger buffer when it is sent.
        ByteBuf memory = bytes > Connection.GATHERED_PAYLOAD_BYTES_MAX ? takeDirect(bytes) : null;
        return memory == null ? Unpooled.wrappedBuffer(new byte[bytes]) : memory;
    }

    /** Null where there is none left: others may have taken more than the rest. */
    private ByteBuf takeDirect(int bytes) {
        ByteBuf memory = null;
        if (directBytes.addAndGet(bytes) <= directBytesMax) {
            try {
                memory = direct.apply(bytes).writerIndex(bytes);
            } catch (OutOfMemoryError ignored) {
                // Netty's limit, of which this part is a quarter: the heap has room.
            }
        }
        if (memory == null) {
            directBytes.addAndGet(-bytes);
        }
        return memory;
    }

    void giveBack(ByteBuf memory) {
        if (memory.isDirect()) {
            directBytes.addAndGet(-memory.capacity());
        }
        memory.release();
    }
}
