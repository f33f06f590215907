package dev.millrace.core.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Memory for reads: of about the size that is wanted, reused, and bounded while nobody wants it. */
class ReadBuffersTest {
    private static final int LARGEST = 1 << 20;

    private final ReadBuffers buffers = new ReadBuffers(LARGEST);

    @Test
    void aBufferIsOfLessThanTwiceTheSizeThatIsWanted() {
        for (int wanted : new int[] {100_000, 131_072, 131_073, 300_000, 600_000, LARGEST, LARGEST + 1}) {
            assertThat(buffers.take(wanted).capacity()).as("for %d", wanted).isBetween(wanted, 2 * wanted - 1);
        }
        assertThat(buffers.take(1).capacity()).isEqualTo(LARGEST / 16);
    }

    @Test
    void whatIsGivenBackIsTakenAgainAndEmpty() {
        ByteBuffer buffer = buffers.take(200_000);
        buffer.putLong(1).flip();
        buffers.give(buffer);
        ByteBuffer again = buffers.take(150_000);
        assertThat(again).isSameAs(buffer);
        assertThat(again.position()).isZero();
        assertThat(again.limit()).isEqualTo(again.capacity());
        assertThat(buffers.take(150_000)).as("lent already").isNotSameAs(buffer);
    }

    @Test
    void idleMemoryIsBoundedAndNoSizeTakesTheRoomOfAnother() {
        for (int i = 0; i < 1000; i++) {
            buffers.give(ByteBuffer.allocateDirect(LARGEST / 16));
        }
        buffers.give(ByteBuffer.allocateDirect(LARGEST + 1));
        assertThat(buffers.idleBytes()).isEqualTo(8L * LARGEST);

        ByteBuffer large = ByteBuffer.allocateDirect(LARGEST);
        buffers.give(large);
        assertThat(buffers.take(LARGEST)).isSameAs(large);
    }
}
