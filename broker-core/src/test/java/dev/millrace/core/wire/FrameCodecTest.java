package dev.millrace.core.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FrameCodecTest {
    private static final long FUZZ_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int FUZZ_BYTES_MAX = 4096;

    private static byte[] bodyOf(Frame frame) {
        ByteBuffer whole = FrameCodec.encode(77, frame);
        byte[] body = new byte[whole.remaining() - FrameCodec.LENGTH_BYTES];
        whole.position(FrameCodec.LENGTH_BYTES).get(body);
        return body;
    }

    @Test
    void samplesCoverEveryType() {
        Set<FrameType> covered = FrameSamples.all().stream().map(Frame::type).collect(Collectors.toSet());
        assertThat(covered).isEqualTo(EnumSet.allOf(FrameType.class));
    }

    @Test
    void everyFrameComesBackAsItWasSent() {
        for (Frame frame : FrameSamples.all()) {
            ByteBuffer whole = FrameCodec.encode(-5, frame);
            assertThat(whole.getInt()).as("length of " + frame.type()).isEqualTo(whole.remaining());
            assertThat(FrameCodec.decode(whole))
                    .usingRecursiveComparison()
                    .ignoringFieldsOfTypes(java.nio.ByteBuffer.class)
                    .isEqualTo(new FrameCodec.Envelope(-5, frame));
            FrameCodec.Envelope decoded = FrameCodec.decode(whole);
            assertThat(FrameCodec.encode(-5, decoded.frame())).isEqualTo(FrameCodec.encode(-5, frame));
        }
    }

    @Test
    void theHeadCountsThePayloadThatIsSentAfterIt() {
        Frame publish = FrameSamples.all().stream()
                .filter(frame -> frame.payload().hasRemaining())
                .findFirst()
                .orElseThrow();
        ByteBuffer head = FrameCodec.encodeHead(1, publish);
        assertThat(head.getInt(0))
                .isEqualTo(head.remaining()
                        - FrameCodec.LENGTH_BYTES
                        + publish.payload().remaining());
    }

    @Test
    void refusesEveryFrameThatIsCutOff() {
        for (Frame frame : FrameSamples.all()) {
            byte[] body = bodyOf(frame);
            int fieldsEnd = body.length - frame.payload().remaining();
            for (int cut = 0; cut < fieldsEnd; cut++) {
                ByteBuffer part = ByteBuffer.wrap(body, 0, cut);
                assertThatThrownBy(() -> FrameCodec.decode(part))
                        .as(frame.type() + " cut to " + cut + " of " + body.length + " bytes")
                        .isInstanceOf(MalformedFrameException.class);
            }
        }
    }

    @Test
    void refusesBytesThatAreLeftOver() {
        for (Frame frame : FrameSamples.all()) {
            boolean takesTheRest = frame instanceof Frames.Publish
                    || frame instanceof Frames.Deliver
                    || frame instanceof StreamFrames.AppendEvents;
            if (!takesTheRest) {
                byte[] body = bodyOf(frame);
                ByteBuffer longer =
                        ByteBuffer.allocate(body.length + 1).put(body).rewind();
                assertThatThrownBy(() -> FrameCodec.decode(longer))
                        .isInstanceOf(MalformedFrameException.class)
                        .hasMessageContaining("1 bytes too many");
            }
        }
    }

    @Test
    void refusesFlagsOfALaterVersion() {
        for (int index : new int[] {1, 2, 3}) {
            byte[] body = bodyOf(new Frames.Ping());
            body[index] = 1;
            assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(body)))
                    .isInstanceOf(MalformedFrameException.class)
                    .hasMessageContaining("flags");
        }
    }

    @Test
    void namesAnUnknownTypeAndItsRequestSoThatTheConnectionCanGoOn() {
        byte[] body = bodyOf(new Frames.Ping());
        body[0] = 0x7e;
        assertThatThrownBy(() -> FrameCodec.decode(ByteBuffer.wrap(body)))
                .isInstanceOfSatisfying(
                        UnknownFrameException.class,
                        e -> assertThat(e.requestId()).isEqualTo(77))
                .hasMessage("frame type 0x7e is unknown");
    }

    @Test
    void aDeclaredSizeBeyondTheFrameCostsNoMemory() {
        FieldWriter out = new FieldWriter();
        out.writeByte(FrameType.TOPICS.id())
                .writeByte(0)
                .writeShort(0)
                .writeInt(1)
                .writeInt(Integer.MAX_VALUE);
        assertThatThrownBy(() -> FrameCodec.decode(out.toByteBuffer())).isInstanceOf(MalformedFrameException.class);
    }

    @Test
    void anyBytesAreRefusedOrUnderstood() {
        long seed = Seeds.first();
        System.out.println("seed=" + seed);
        Random random = new Random(seed);
        List<byte[]> corpus = new ArrayList<>(
                FrameSamples.all().stream().map(FrameCodecTest::bodyOf).toList());
        long endNanos = System.nanoTime() + FUZZ_NANOS;
        for (int round = 0; System.nanoTime() < endNanos; round++) {
            byte[] input = mutated(corpus.get(random.nextInt(corpus.size())), random);
            try {
                FrameFuzzTarget.fuzzerTestOneInput(input);
            } catch (RuntimeException | Error e) {
                throw new AssertionError(
                        "seed=" + seed + " round=" + round + " input="
                                + HexFormat.of().formatHex(input),
                        e);
            }
        }
    }

    private static byte[] mutated(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int i = random.nextInt(4); i >= 0; i--) {
            bytes = switch (random.nextInt(5)) {
                case 0 -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
                case 1 -> Arrays.copyOf(bytes, Math.min(FUZZ_BYTES_MAX, bytes.length + random.nextInt(16)));
                case 2 -> withInt(bytes, random, new int[] {-1, 0, 1, 255, Integer.MAX_VALUE, Integer.MIN_VALUE});
                case 3 ->
                    withByte(bytes, random, 0, FrameType.values()[random.nextInt(FrameType.values().length)].id());
                default -> withByte(bytes, random, -1, random.nextInt(256));
            };
        }
        return bytes;
    }

    private static byte[] withInt(byte[] bytes, Random random, int[] values) {
        if (bytes.length >= 4) {
            ByteBuffer.wrap(bytes).putInt(random.nextInt(bytes.length - 3), values[random.nextInt(values.length)]);
        }
        return bytes;
    }

    /** @param index -1 for any */
    private static byte[] withByte(byte[] bytes, Random random, int index, int value) {
        if (bytes.length > 0) {
            bytes[index >= 0 ? index : random.nextInt(bytes.length)] = (byte) value;
        }
        return bytes;
    }
}
