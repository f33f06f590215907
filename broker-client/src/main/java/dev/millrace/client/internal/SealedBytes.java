package dev.millrace.client.internal;

import dev.millrace.core.record.RecordBatchBuilder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/**
 * The bytes of one sealed batch. Where they are many they lie outside the heap, so that they are sent from there and not
 * copied once more; the network holds them on its own account until it has sent them. Thread: as the batch.
 */
final class SealedBytes {
    private ByteBuf memory;
    private final ByteBuffer view;

    /** @param sealed with a checksum; without one where a producer's number is stamped on it */
    SealedBytes(RecordBatchBuilder builder, boolean sealed) {
        this.view = sealed ? builder.build(this::allocate) : builder.buildUnsealed(this::allocate);
    }

    private ByteBuffer allocate(int bytes) {
        memory =
                bytes > Connection.GATHERED_PAYLOAD_BYTES_MAX ? direct(bytes) : Unpooled.wrappedBuffer(new byte[bytes]);
        memory.setIndex(0, bytes);
        return memory.nioBuffer(0, bytes);
    }

    private static ByteBuf direct(int bytes) {
        try {
            return PooledByteBufAllocator.DEFAULT.directBuffer(bytes, bytes);
        } catch (OutOfMemoryError none) {
            // A small JVM may have less memory outside its heap than in it.
            return Unpooled.buffer(bytes, bytes);
        }
    }

    /** Of the whole batch; not to be read after {@link #release}. */
    ByteBuffer view() {
        return view;
    }

    ByteBuf memory() {
        return memory;
    }

    void release() {
        memory.release();
    }
}
