package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.wire.MalformedFrameException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames come out whole and in order, however the stream is cut. */
class FrameReaderTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new FrameReader());

    @Test
    void readsTheSameFramesWhereverTheStreamIsCut() {
        String given = System.getProperty("seed", "");
        long seed = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
        Random random = new Random(seed);
        List<byte[]> bodies = new ArrayList<>();
        ByteBuf stream = Unpooled.buffer();
        for (int bytes : new int[] {8, 9, 100, 70_000, 8, (1 << 20) - 1, 1 << 20, (2 << 20) + 77, 3 << 20, 12}) {
            byte[] body = new byte[bytes];
            random.nextBytes(body);
            bodies.add(body);
            stream.writeInt(bytes).writeBytes(body);
        }
        while (stream.isReadable()) {
            int count = random.nextInt(4) == 0 ? 1 + random.nextInt(5) : 1 + random.nextInt(300_000);
            channel.writeInbound(stream.readBytes(Math.min(stream.readableBytes(), count)));
        }
        for (byte[] body : bodies) {
            ByteBuffer frame = channel.readInbound();
            assertThat(frame).as("seed=%d", seed).isEqualTo(ByteBuffer.wrap(body));
        }
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void refusesALengthThatNoFrameHasAndReadsNoFurther() {
        for (int length : new int[] {-1, 7, FrameReader.FRAME_BYTES_MAX + 1}) {
            EmbeddedChannel broken = new EmbeddedChannel(new FrameReader());
            ByteBuf stream = Unpooled.buffer().writeInt(length).writeInt(8).writeLong(0);
            assertThatThrownBy(() -> broken.writeInbound(stream))
                    .isInstanceOf(MalformedFrameException.class)
                    .hasMessageContaining(Integer.toUnsignedString(length));
            broken.writeInbound(Unpooled.buffer().writeInt(8).writeLong(0));
            assertThat(broken.inboundMessages()).isEmpty();
        }
    }
}
