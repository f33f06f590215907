package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.record.RecordBatch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a read makes of the chunks that the store has. */
class StoredReadTest {
    private final LogWorld world = new LogWorld();
    private final StoredRead read = new StoredRead(0, 3, 10_000, new ReadBuffers(10_000));

    @AfterEach
    void close() {
        world.close();
    }

    private List<ByteBuffer> threeChunks() {
        for (int i = 0; i < 3; i++) {
            world.append(10, 1);
        }
        List<ByteBuffer> chunks = new ArrayList<>();
        int generation = world.log().segments().ceiling(0).generation();
        world.store.scanLog(generation, world.log().partitionId(), 0, (lastOffset, chunk) -> chunks.add(chunk));
        return chunks;
    }

    @Test
    void aHoleBetweenChunksIsAnErrorThatNamesIt() {
        List<ByteBuffer> chunks = threeChunks();
        assertThat(read.visit(0, chunks.get(0))).isTrue();
        assertThatThrownBy(() -> read.visit(2, chunks.get(2)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("offsets 1 to 1 are missing");
    }

    @Test
    void chunksWithoutAHoleAreJoined() {
        List<ByteBuffer> chunks = threeChunks();
        for (int i = 0; i < 3; i++) {
            read.visit(i, chunks.get(i));
        }
        assertThat(read.nextOffset()).isEqualTo(3);
        List<Long> offsets = new ArrayList<>();
        for (RecordBatch batch : RecordBatch.in(read.take().flip())) {
            offsets.add(batch.baseOffset());
        }
        assertThat(offsets).containsExactly(0L, 1L, 2L);
    }

    /** A large buffer for it would be copied into a smaller one before it is sent. */
    @Test
    void aChunkThatIsReadAloneLiesInABufferOfItsSize() {
        ByteBuffer chunk = threeChunks().get(0);
        int bytes = chunk.remaining() - Chunk.HEADER_BYTES;
        ReadBuffers buffers = new ReadBuffers(16 * bytes);

        StoredRead alone = new StoredRead(0, 3, 2 * bytes - 1, buffers);
        assertThat(alone.visit(0, chunk.duplicate())).isFalse();
        assertThat(alone.take().capacity()).isEqualTo(bytes);

        StoredRead first = new StoredRead(0, 3, 8 * bytes, buffers);
        assertThat(first.visit(0, chunk.duplicate())).isTrue();
        assertThat(first.take().capacity()).as("room for more").isEqualTo(8 * bytes);
    }

    @Test
    void aChunkLargerThanAllThatIsReadTogetherIsReadWhole() {
        world.append(StoredRead.TOGETHER_BYTES_MAX + 1, 1);
        List<ByteBuffer> chunks = new ArrayList<>();
        int generation = world.log().segments().ceiling(0).generation();
        world.store.scanLog(generation, world.log().partitionId(), 0, (lastOffset, chunk) -> chunks.add(chunk));
        StoredRead read = new StoredRead(0, 1, 16 << 20, new ReadBuffers(StoredRead.TOGETHER_BYTES_MAX));
        read.visit(0, chunks.get(0));
        assertThat(read.take().position()).isGreaterThan(StoredRead.TOGETHER_BYTES_MAX);
    }
}
