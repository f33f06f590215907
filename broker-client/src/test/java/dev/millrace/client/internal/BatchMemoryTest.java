package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

final class BatchMemoryTest {
    private static final int LARGE = 40_000;

    private boolean exhausted;
    private final BatchMemory memory = new BatchMemory(2 * LARGE, bytes -> {
        if (exhausted) {
            throw new OutOfMemoryError("no memory outside the heap");
        }
        return Unpooled.directBuffer(bytes, bytes);
    });

    private static ByteBuf whole(ByteBuf taken, int bytes) {
        assertThat(taken.readableBytes()).isEqualTo(bytes);
        assertThat(taken.nioBuffer(0, bytes).limit()).isEqualTo(bytes);
        return taken;
    }

    @Test
    void largeBatchesLieOutsideTheHeapUntilTheirPartIsFull() {
        ByteBuf first = whole(memory.take(LARGE), LARGE);
        ByteBuf second = whole(memory.take(LARGE), LARGE);
        ByteBuf third = whole(memory.take(LARGE), LARGE);
        assertThat(first.isDirect()).isTrue();
        assertThat(second.isDirect()).isTrue();
        assertThat(third.isDirect()).isFalse();
        memory.giveBack(third);
        ByteBuf stillFull = whole(memory.take(LARGE), LARGE);
        assertThat(stillFull.isDirect()).isFalse();
        memory.giveBack(first);
        ByteBuf fourth = whole(memory.take(LARGE), LARGE);
        assertThat(fourth.isDirect()).isTrue();
        memory.giveBack(second);
        memory.giveBack(fourth);
        assertThat(first.refCnt() + second.refCnt() + fourth.refCnt()).isZero();
    }

    @Test
    void whereOthersHaveAllMemoryOutsideTheHeapBatchesLieInItAndTheirPartIsNotUsedUp() {
        exhausted = true;
        for (int i = 0; i < 10; i++) {
            ByteBuf inHeap = whole(memory.take(LARGE), LARGE);
            assertThat(inHeap.isDirect()).isFalse();
            memory.giveBack(inHeap);
        }
        exhausted = false;
        ByteBuf outside = whole(memory.take(LARGE), LARGE);
        assertThat(outside.isDirect()).isTrue();
        memory.giveBack(outside);
    }

    @Test
    void smallBatchesLieInTheHeap() {
        ByteBuf small =
                whole(memory.take(Connection.GATHERED_PAYLOAD_BYTES_MAX), Connection.GATHERED_PAYLOAD_BYTES_MAX);
        assertThat(small.isDirect()).isFalse();
        memory.giveBack(small);
    }
}
