package dev.millrace.faults;

import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.faults.Crowd.Guest;
import dev.millrace.faults.Crowd.Manner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** What bad clients do: the catalogue that {@link AbusiveClientsIT} goes through. */
final class Abuses {
    private static final byte[] HELLO = Crowd.hello();
    private static final int FRAME_BYTES_MAX = 16 << 20;

    private Abuses() {}

    private static byte[] frame(int requestId, dev.millrace.core.wire.Frame frame) {
        return Crowd.bytes(FrameCodec.encode(requestId, frame));
    }

    private static byte[] join(byte[]... parts) {
        int bytes = 0;
        for (byte[] part : parts) {
            bytes += part.length;
        }
        ByteBuffer joined = ByteBuffer.allocate(bytes);
        for (byte[] part : parts) {
            joined.put(part);
        }
        return joined.array();
    }

    /** The head of a PUBLISH frame that declares the largest length allowed. */
    private static byte[] largePublishHead() {
        byte[] publish = frame(2, new Frames.Publish(new UUID(1, 2), 0, ByteBuffer.allocate(1)));
        ByteBuffer.wrap(publish).putInt(0, FRAME_BYTES_MAX);
        return publish;
    }

    /** Asks for everything and takes nothing. */
    static final class SlowReader implements Manner {
        private final byte[] opening;

        SlowReader(UUID topicId) {
            opening =
                    join(HELLO, frame(2, new Frames.Subscribe(topicId, 0, StartPosition.EARLIEST, Integer.MAX_VALUE)));
        }

        @Override
        public void onConnected(Guest guest) throws IOException {
            guest.write(opening);
        }

        @Override
        public boolean reads() {
            return false;
        }
    }

    /** Opens thousands of subscriptions, each with a credit of one byte, and takes nothing. */
    static final class SubscriptionHoarder implements Manner {
        private static final int SUBSCRIPTIONS = 1_000;
        private final byte[] opening;

        SubscriptionHoarder(UUID topicId) {
            byte[][] frames = new byte[SUBSCRIPTIONS + 1][];
            frames[0] = HELLO;
            for (int i = 1; i <= SUBSCRIPTIONS; i++) {
                frames[i] = frame(i + 1, new Frames.Subscribe(topicId, 0, StartPosition.offset(i), 1));
            }
            opening = join(frames);
        }

        @Override
        public void onConnected(Guest guest) throws IOException {
            guest.write(opening);
        }

        @Override
        public boolean reads() {
            return false;
        }
    }

    /** Says hello, one byte every 20 ms at first, and never finishes. */
    static final class SlowHello implements Manner {
        @Override
        public void onConnected(Guest guest) {}

        @Override
        public void onTick(Guest guest) throws IOException {
            if (guest.step < HELLO.length - 1) {
                guest.write(new byte[] {HELLO[guest.step++]});
            }
        }
    }

    /** Says hello, then sends a large frame one byte at a time. */
    static final class SlowPublisher implements Manner {
        private static final int TICKS_PER_BYTE = 10;
        private static final byte[] HEAD = largePublishHead();

        @Override
        public void onConnected(Guest guest) throws IOException {
            guest.write(HELLO);
        }

        @Override
        public void onTick(Guest guest) throws IOException {
            if (guest.step++ % TICKS_PER_BYTE == 0) {
                int at = guest.step / TICKS_PER_BYTE;
                guest.write(new byte[] {at < HEAD.length ? HEAD[at] : 0});
            }
        }
    }

    /** Sends most of a large frame and then no more. */
    static final class UnfinishedFrames implements Manner {
        private static final byte[] PIECE = new byte[8 << 10];
        private static final int PIECES = 1_000;

        @Override
        public void onConnected(Guest guest) throws IOException {
            guest.write(HELLO);
            guest.write(largePublishHead());
        }

        @Override
        public void onTick(Guest guest) throws IOException {
            if (guest.step < PIECES) {
                guest.step++;
                guest.write(PIECE);
            }
        }
    }

    /** Asks for much, then closes its half, or resets the connection in the middle of the answers. */
    static final class HalfOpen implements Manner {
        private static final byte[] PINGS = pings();
        private static final int TICKS_TILL_RESET = 40;
        private int count;

        private static byte[] pings() {
            byte[][] frames = new byte[101][];
            frames[0] = HELLO;
            for (int i = 1; i < frames.length; i++) {
                frames[i] = frame(i + 1, new Frames.Ping());
            }
            return join(frames);
        }

        @Override
        public void onConnected(Guest guest) throws IOException {
            guest.write(PINGS);
            if (count++ % 2 == 0) {
                guest.halfClose();
            }
        }

        @Override
        public void onTick(Guest guest) throws IOException {
            if (++guest.step == TICKS_TILL_RESET) {
                guest.reset();
            }
        }
    }

    /** Speaks other protocols, random bytes, and lengths that nobody could send. */
    static final class Garbage implements Manner {
        private final Random random;

        Garbage(Random random) {
            this.random = random;
        }

        @Override
        public void onConnected(Guest guest) throws IOException {
            byte[] noise = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(noise);
            byte[] giant = ByteBuffer.allocate(64)
                    .putInt(0, Integer.MAX_VALUE - random.nextInt(1 << 20))
                    .array();
            byte[] negative = ByteBuffer.allocate(64)
                    .putInt(0, -1 - random.nextInt(1 << 20))
                    .array();
            byte[] http = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            byte[] tls = {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};
            List<byte[]> openings = List.of(
                    noise, giant, negative, http, tls, join(HELLO, noise), join(HELLO, giant), join(HELLO, negative));
            guest.write(openings.get(random.nextInt(openings.size())));
        }

        @Override
        public void onTick(Guest guest) throws IOException {
            // What a too small length leaves open is not worth waiting for.
            if (++guest.step == 100) {
                guest.leave();
            }
        }
    }

    /** Says hello and nothing more. */
    static final class Idle implements Manner {
        @Override
        public void onConnected(Guest guest) throws IOException {
            guest.write(HELLO);
        }
    }

    /** Comes, says hello, and goes: in turn orderly, by a reset, and without a word. */
    static final class Churn implements Manner {
        private int count;

        @Override
        public void onConnected(Guest guest) throws IOException {
            int kind = count++ % 3;
            if (kind == 2) {
                guest.reset();
                return;
            }
            guest.write(HELLO);
            guest.step = kind;
        }

        @Override
        public void onTick(Guest guest) throws IOException {
            if (guest.step == 0) {
                guest.leave();
            } else {
                guest.reset();
            }
        }
    }
}
