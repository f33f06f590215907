package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.server.net.ConnectionLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What peers may make the broker hold for them: unfinished frames, and what they do not take. */
@Timeout(60)
class PeerLimitsTest {
    private static final int MIB = 1 << 20;
    /** A quarter of what all requests may take: 1 MiB. */
    private static final ConnectionLimits LIMITS =
            new ConnectionLimits(200, 4 * MIB, MIB, 4 * MIB, 4L * MIB, 8192, 10_000, 2_000, 100);

    private final WireServer server = new WireServer(LIMITS);
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void stop() throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
        server.close();
        assertThat(server.inFlight.peers().bytes())
                .as("bytes held for peers that are gone")
                .isZero();
    }

    private RawClient greeted() throws IOException {
        RawClient client = RawClient.greeted(server.address());
        clients.add(client);
        return client;
    }

    /** Sends the first bytes of a frame that declares 3 MiB. */
    private static void begin(RawClient client, int bytes) throws IOException {
        ByteBuffer head = FrameCodec.encode(9, new Frames.Publish(new UUID(1, 2), 0, ByteBuffer.allocate(1)));
        client.send(head.putInt(0, 3 * MIB));
        client.send(new byte[bytes]);
    }

    private void assertServed() throws IOException {
        RawClient client = greeted();
        client.send(5, new Frames.Ping());
        client.read(5, Frames.Pong.class);
    }

    @Test
    void unfinishedFramesAreCountedAndGivenBack() throws IOException {
        begin(greeted(), 300_000);
        WireServer.await(() -> server.inFlight.peers().bytes() >= 300_000);
        assertThat(server.inFlight.peers().bytes()).isLessThan(700_000);
        assertServed();
    }

    @Test
    void aDeclaredLengthAloneCostsNearlyNothing() throws IOException {
        for (int i = 0; i < 50; i++) {
            begin(greeted(), 1);
        }
        assertServed();
        assertThat(server.inFlight.peers().bytes()).isLessThanOrEqualTo(50 * 4096);
    }

    @Test
    void ofTooManyUnfinishedFramesThoseBegunFirstAreRefused() throws IOException {
        List<RawClient> slow = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            slow.add(greeted());
            begin(slow.get(i), 300_000);
        }
        assertThat(slow.get(0).readError(0, Fault.OVERLOADED).detail()).contains("begun first", "of 3145728 bytes");
        slow.get(0).assertClosed();
        WireServer.await(() -> server.inFlight.peers().bytes() <= 2 * MIB);
        assertThat(server.inFlight.peers().cutOff()).isPositive();
        assertServed();
    }

    @Test
    void framesThatDripCountAsSilence() throws Exception {
        RawClient drip = greeted();
        begin(drip, 1);
        Thread writer = new Thread(() -> dripUntilClosed(drip));
        writer.start();
        assertThat(drip.readError(0, Fault.IDLE_TIMEOUT).detail()).contains("no frame", "2000 ms");
        drip.close();
        writer.join();
    }

    private static void dripUntilClosed(RawClient drip) {
        try {
            for (int i = 0; i < 2_000_000; i++) {
                drip.send(new byte[] {0});
                LockSupport.parkNanos(5_000_000);
            }
        } catch (IOException closed) {
            return;
        }
    }

    @Test
    void manyWhoTakeNothingCostBoundedMemoryAndAReaderIsNotCutOff() throws IOException {
        TopicPartition partition = server.topic("t");
        for (int i = 0; i < 40; i++) {
            server.broker.logs().append(partition, ByteBuffer.allocate(MIB / 4)).join();
        }
        for (int i = 0; i < 60; i++) {
            RawClient slow = new RawClient(server.address(), 4 << 10).hello();
            clients.add(slow);
            slow.send(5, new Frames.Subscribe(partition.topicId(), 0, StartPosition.EARLIEST, Integer.MAX_VALUE));
        }
        RawClient fast = greeted();
        fast.send(6, new Frames.Subscribe(partition.topicId(), 0, StartPosition.EARLIEST, Integer.MAX_VALUE));
        fast.read(6, Frames.Subscribed.class);
        for (long received = 0; received < 40L * MIB / 4; ) {
            received += fast.read(6, Frames.Deliver.class).payload().remaining();
        }
        // Twice the limit, and what the readers of two event loops add before they hear of it.
        WireServer.await(() -> server.inFlight.peers().bytes() <= 3 * MIB);
        assertServed();
    }
}
