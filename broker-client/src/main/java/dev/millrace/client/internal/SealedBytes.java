package dev.millrace.client.internal;

import dev.millrace.core.record.RecordBatchBuilder;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** The bytes of one sealed batch; the network holds them on its own account until it has sent them. Thread: as the batch. */
final class SealedBytes {
    private final BatchMemory owner;
    private final ByteBuffer view;
    private ByteBuf memory;

    /** @param checksum set at once; where a producer's number is stamped on the batch later, that sets it */
    SealedBytes(RecordBatchBuilder builder, boolean checksum, BatchMemory owner) {
        this.owner = owner;
        this.view = checksum ? builder.build(this::allocate) : builder.buildUnsealed(this::allocate);
    }

    private ByteBuffer allocate(int bytes) {
        memory = owner.take(bytes);
        return memory.nioBuffer(0, bytes);
    }

    /** Of the whole batch; its bytes are not to be read after {@link #release}. */
    ByteBuffer view() {
        return view;
    }

    ByteBuf memory() {
        return memory;
    }

    void release() {
        owner.giveBack(memory);
    }
}
