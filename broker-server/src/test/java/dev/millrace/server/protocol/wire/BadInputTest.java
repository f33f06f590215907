package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BadInputTest {
    /** Short where a test waits for a time-out. */
    private static final ConnectionLimits LIMITS =
            new ConnectionLimits(20, 64 << 10, 32 << 10, 1 << 20, 4 << 20, 8192, 400, 1_000, 10);

    private WireServer server = new WireServer(LIMITS);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void closesWhenFirstFrameIsNotHello() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send(5, new Frames.Ping());
            assertThat(client.readError(0, Fault.INVALID_REQUEST).detail()).contains("PING", "HELLO must be the first");
            client.assertClosed();
        }
        assertOthersAreServed();
    }

    @Test
    void refusesVersionsThatDoNotOverlapAndNamesBoth() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send(1, new Frames.Hello(7, 9, 0, "new", "test"));
            assertThat(client.readError(0, Fault.UNSUPPORTED_VERSION).detail()).contains("7 to 9", "1 to 1");
            client.assertClosed();
        }
    }

    @Test
    void negotiatesVersionAndFeaturesDownToWhatBothKnow() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            Frames.HelloOk ok = client.ask(1, new Frames.Hello(1, 9, -1L, "new", "test"), Frames.HelloOk.class);
            assertThat(ok.version()).isEqualTo(1);
            assertThat(ok.features()).isZero();
            assertThat(ok.limits().frameBytesMax()).isEqualTo(64 << 10);
            assertThat(ok.limits().idleTimeoutMs()).isEqualTo(1_000);
            assertThat(ok.clusterId()).isEqualTo(server.broker.clusterId());
        }
    }

    @Test
    void closesOnSecondHello() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(2, new Frames.Hello(1, 1, 0, "again", "test"));
            client.readError(2, Fault.INVALID_REQUEST);
            client.assertQuiet();
        }
    }

    @Test
    void namesWrongMagic() throws IOException {
        ByteBuffer hello = FrameCodec.encode(1, new Frames.Hello(1, 1, 0, "raw", "test"));
        hello.putInt(12, 0xcafebabe);
        try (RawClient client = new RawClient(server.address())) {
            client.send(hello);
            assertThat(client.readError(0, Fault.INVALID_REQUEST).detail()).contains("0xcafebabe", "0x4d4c5243");
            client.assertClosed();
        }
    }

    @Test
    void refusesFrameOverLimitByItsDeclaredLengthAndNamesBoth() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(ByteBuffer.allocate(4).putInt(0, 65_537));
            assertThat(client.readError(0, Fault.FRAME_TOO_LARGE).detail()).contains("65537", "65536");
            client.assertClosed();
        }
        assertOthersAreServed();
    }

    /** A plain close would reset the connection, and the reset would take the error away from the peer. */
    @Test
    void saysWhyItClosesAlthoughThePeerStillSends() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(ByteBuffer.allocate(8 << 20).putInt(0, 8 << 20));
            client.readError(0, Fault.FRAME_TOO_LARGE);
            client.assertClosed();
        }
    }

    @Test
    void readsFrameOfExactlyTheLimit() throws IOException {
        var partition = server.topic("t");
        // Envelope 8, topic id 16, partition 4.
        ByteBuffer payload = ByteBuffer.allocate((64 << 10) - 28);
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(2, new Frames.Publish(partition.topicId(), 0, payload), Frames.Published.class);
        }
    }

    @Test
    void refusesFirstFrameOverHelloLimitThoughItIsUnderFrameLimit() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send(ByteBuffer.allocate(4).putInt(0, 8193));
            assertThat(client.readError(0, Fault.FRAME_TOO_LARGE).detail()).contains("8193", "8192");
            client.assertClosed();
        }
    }

    @Test
    void tellsLostHttpClientWhatItMet() throws IOException {
        try (RawClient client = new RawClient(server.address())) {
            client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.readError(0, Fault.FRAME_TOO_LARGE).detail()).contains("looks like HTTP");
            client.assertClosed();
        }
    }

    @Test
    void refusesFrameShorterThanItsEnvelope() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(new byte[] {0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7});
            assertThat(client.readError(0, Fault.INVALID_REQUEST).detail()).contains("7 bytes");
            client.assertClosed();
        }
    }

    @Test
    void closesOnMalformedFieldsAndOnBytesLeftOver() throws IOException {
        ByteBuffer ping = ByteBuffer.allocate(13)
                .putInt(9)
                .put((byte) 2)
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(3);
        ping.rewind();
        for (byte[] bad : List.of(ping.array(), new byte[] {0, 0, 0, 8, 0x11, 0, 0, 0, 0, 0, 0, 4})) {
            try (RawClient client = RawClient.greeted(server.address())) {
                client.send(bad);
                client.readError(0, Fault.INVALID_REQUEST);
                client.assertClosed();
            }
        }
        assertOthersAreServed();
    }

    @Test
    void answersUnknownFrameAndGoesOn() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(new byte[] {0, 0, 0, 8, 0x7e, 0, 0, 0, 0, 0, 0, 9});
            assertThat(client.readError(9, Fault.UNKNOWN_FRAME).detail()).contains("0x7e");
            client.assertQuiet();
        }
    }

    @Test
    void answersFrameThatOnlyBrokersSayAndGoesOn() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(4, new Frames.Done());
            client.readError(4, Fault.INVALID_REQUEST);
            client.assertQuiet();
        }
    }

    @Test
    void closesOnRequestIdZero() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(0, new Frames.Ping());
            client.readError(0, Fault.INVALID_REQUEST);
            client.assertClosed();
        }
    }

    @Test
    void closesConnectionThatSaysNoHelloInTime() throws IOException {
        try (RawClient silent = new RawClient(server.address());
                RawClient slow = new RawClient(server.address())) {
            slow.send(new byte[] {0, 0});
            silent.readError(0, Fault.IDLE_TIMEOUT);
            silent.assertClosed();
            assertThat(slow.readError(0, Fault.IDLE_TIMEOUT).detail()).contains("400 ms");
            slow.assertClosed();
        }
    }

    @Test
    void closesSilentConnectionAfterIdleTimeout() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            assertThat(client.readError(0, Fault.IDLE_TIMEOUT).detail()).contains("1000 ms");
            client.assertClosed();
        }
    }

    @Test
    void keepsConnectionOpenWhoseRequestWaits() throws IOException {
        server.close();
        server = new WireServer(new ConnectionLimits(20, 64 << 10, 32 << 10, 1_000, 4 << 20, 8192, 400, 200, 10));
        var partition = server.topic("t");
        server.broker.holdAppends();
        try (RawClient client = RawClient.greeted(server.address())) {
            // Over the limit of 1000 bytes in flight, so that the broker does not read, and must not call that silence.
            client.send(2, new Frames.Publish(partition.topicId(), 0, ByteBuffer.allocate(2_000)));
            client.timeoutMs(600);
            org.assertj.core.api.Assertions.assertThatThrownBy(client::read)
                    .isInstanceOf(java.net.SocketTimeoutException.class);
            client.timeoutMs(10_000);
            server.broker.releaseAppends();
            client.read(2, Frames.Published.class);
        }
    }

    @Test
    void refusesConnectionsOverTheLimitAndAcceptsAgainWhenOneLeaves() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(RawClient.greeted(server.address()));
        }
        try (RawClient refused = new RawClient(server.address())) {
            refused.send(1, new Frames.Hello(1, 1, 0, "raw", "test"));
            assertThat(refused.readError(0, Fault.TOO_MANY_CONNECTIONS).detail())
                    .contains("20 connections");
            refused.assertClosed();
        }
        assertThat(server.gate.refused()).isEqualTo(1);
        clients.remove(0).close();
        WireServer.await(() -> server.gate.open() < 20);
        assertOthersAreServed();
        for (RawClient client : clients) {
            client.close();
        }
    }

    @Test
    void forgetsConnectionsThatVanishInTheMiddleOfAFrame() throws IOException {
        for (int i = 0; i < 50; i++) {
            try (RawClient client = RawClient.greeted(server.address())) {
                client.send(ByteBuffer.allocate(2_000).putInt(0, 60_000));
            }
        }
        WireServer.await(() -> server.gate.open() == 0);
        assertThat(server.inFlight.bytes()).isZero();
    }

    @Test
    void answersPeerThatHasShutItsOutput() throws IOException {
        var partition = server.topic("t");
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(2, new Frames.Publish(partition.topicId(), 0, ByteBuffer.allocate(10)));
            client.read(2, Frames.Published.class);
            client.socket().shutdownOutput();
            client.assertClosed();
        }
        WireServer.await(() -> server.gate.open() == 0);
    }

    /** Random damage to valid frames: whatever it is, the broker answers or closes, and serves others afterwards. */
    @Test
    void survivesRandomDamage() throws IOException {
        long seed = seed();
        Random random = new Random(seed);
        var partition = server.topic("t");
        for (int round = 0; round < 150; round++) {
            ByteBuffer frame = FrameCodec.encode(
                    round + 2, new Frames.Publish(partition.topicId(), 0, ByteBuffer.allocate(random.nextInt(200))));
            byte[] bytes = frame.array();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[4 + random.nextInt(bytes.length - 4)] ^= (byte) (1 << random.nextInt(8));
            }
            try (RawClient client = RawClient.greeted(server.address())) {
                client.send(bytes);
                assertThat(client.read().frame())
                        .as("seed %d round %d", seed, round)
                        .isNotNull();
            }
        }
        assertOthersAreServed();
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    private static long seed() {
        long seed = Seeds.next();
        return seed;
    }

    private void assertOthersAreServed() throws IOException {
        try (RawClient other = RawClient.greeted(server.address())) {
            other.assertQuiet();
        }
    }
}
