package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.server.net.EventLoops;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PublishTest {
    private static final int MIB = 1 << 20;

    private WireServer server = new WireServer(ConnectionLimits.DEFAULTS);

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersPipelinedPublishesInOrder() throws IOException {
        answersInOrder();
    }

    @Test
    void answersPipelinedPublishesInOrderOverNio() throws IOException {
        server.close();
        server = new WireServer(ConnectionLimits.DEFAULTS, EventLoops.startNio(1));
        answersInOrder();
    }

    private void answersInOrder() throws IOException {
        TopicPartition partition = server.topic("t");
        int count = 2_000;
        try (RawClient client = RawClient.greeted(server.address())) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    for (int i = 0; i < count; i++) {
                        client.send(10 + i, publish(partition, i, 300));
                    }
                } catch (IOException failure) {
                    throw new AssertionError(failure);
                }
            });
            for (int i = 0; i < count; i++) {
                assertThat(client.read(10 + i, Frames.Published.class).baseOffset())
                        .isEqualTo(i);
            }
            sending.join();
        }
        for (int i = 0; i < count; i++) {
            assertThat(server.broker.appended.get(i).getInt(0)).isEqualTo(i);
        }
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void appendsFrameThatComesInManyPieces() throws IOException, InterruptedException {
        TopicPartition partition = server.topic("t");
        byte[] frame = FrameCodec.encode(3, publish(partition, 42, 3 * MIB)).array();
        try (RawClient client = RawClient.greeted(server.address())) {
            for (int sent = 0, piece = 1; sent < frame.length; sent += piece, piece = piece * 2 + 1) {
                int count = Math.min(piece, frame.length - sent);
                client.socket().getOutputStream().write(frame, sent, count);
                Thread.yield();
            }
            client.read(3, Frames.Published.class);
        }
        ByteBuffer appended = server.broker.appended.get(0);
        assertThat(appended.remaining()).isEqualTo(3 * MIB);
        assertThat(appended.getInt(0)).isEqualTo(42);
        assertThat(appended.get(3 * MIB - 1)).isEqualTo((byte) 42);
    }

    @Test
    void acknowledgesNothingBeforeTheBrokerDoes() throws IOException {
        TopicPartition partition = server.topic("t");
        server.broker.holdAppends();
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(2, publish(partition, 1, 100));
            WireServer.await(() -> server.broker.heldAppends() == 1);
            client.assertQuiet();
            assertThat(server.inFlight.bytes()).isGreaterThan(100);
            server.broker.releaseAppends();
            client.read(2, Frames.Published.class);
            WireServer.await(() -> server.inFlight.bytes() == 0);
        }
    }

    @Test
    void publishesThatComeTogetherAreEachAnsweredAlsoBeforeAFrameThatEndsTheConnection() throws IOException {
        TopicPartition partition = server.topic("t");
        ByteBuffer together = ByteBuffer.allocate(10_000);
        together.put(FrameCodec.encode(2, publish(partition, 1, 100)));
        together.put(FrameCodec.encode(3, new Frames.Publish(new UUID(9, 9), 0, ByteBuffer.allocate(10))));
        together.put(FrameCodec.encode(4, publish(partition, 2, 100)));
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(together.flip());
            assertThat(client.read(2, Frames.Published.class).baseOffset()).isZero();
            client.readError(3, Fault.TOPIC_NOT_FOUND);
            assertThat(client.read(4, Frames.Published.class).baseOffset()).isEqualTo(1);
            // Behind a publish, in one read with it, a length that no frame has.
            together.clear()
                    .put(FrameCodec.encode(5, publish(partition, 3, 100)))
                    .putInt(1);
            client.send(together.flip());
            WireServer.await(() -> server.broker.appended.size() == 3);
        }
        assertThat(server.broker.appended.get(2).getInt(0)).isEqualTo(3);
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void aDefectInAnAppendIsAnsweredAndItsMemoryGivenBack() throws IOException {
        TopicPartition partition = server.topic("t");
        server.broker.appendDefect = new IllegalStateException("broken on purpose");
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(2, publish(partition, 1, 100));
            client.readError(2, Fault.INTERNAL);
            server.broker.appendDefect = null;
            client.send(3, publish(partition, 2, 100));
            assertThat(client.read(3, Frames.Published.class).baseOffset()).isZero();
        }
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void aRequestBehindPublishesIsAnsweredWithThem() throws IOException {
        TopicPartition partition = server.topic("t");
        ByteBuffer together = ByteBuffer.allocate(100_000);
        int count = 100;
        for (int i = 0; i < count; i++) {
            together.put(FrameCodec.encode(10 + i, publish(partition, i, 100)));
        }
        together.put(FrameCodec.encode(5, new Frames.Ping()));
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(together.flip());
            int published = 0;
            boolean ponged = false;
            while (published < count || !ponged) {
                FrameCodec.Envelope answer = client.read();
                if (answer.frame() instanceof Frames.Pong) {
                    ponged = true;
                } else {
                    assertThat(answer.requestId()).isEqualTo(10 + published);
                    assertThat(((Frames.Published) answer.frame()).baseOffset()).isEqualTo(published++);
                }
            }
        }
        for (int i = 0; i < count; i++) {
            assertThat(server.broker.appended.get(i).getInt(0)).isEqualTo(i);
        }
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void answersPublishToMissingTopicAndGoesOn() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(2, new Frames.Publish(new UUID(9, 9), 0, ByteBuffer.allocate(10)));
            client.readError(2, Fault.TOPIC_NOT_FOUND);
            client.assertQuiet();
        }
    }

    @Test
    void stopsReadingConnectionOverItsBytesInFlight() throws IOException {
        limit(2 * MIB, 64 * MIB);
        TopicPartition partition = server.topic("t");
        server.broker.holdAppends();
        try (RawClient client = RawClient.greeted(server.address());
                RawClient other = RawClient.greeted(server.address())) {
            CompletableFuture<Void> sending = sendMany(client, partition, 60);
            WireServer.await(() -> server.inFlight.bytes() > 2 * MIB);
            // Another connection is served meanwhile, and the paused one stays within its limit and what one read
            // holds.
            other.assertQuiet();
            assertThat(server.inFlight.bytes()).isLessThan(4 * MIB);
            assertStuck(sending);
            assertThat(server.inFlight.bytes()).isLessThan(4 * MIB);
            assertThat(server.inFlight.pauses()).isPositive();
            server.broker.releaseAppends();
            for (int i = 0; i < 60; i++) {
                client.read(10 + i, Frames.Published.class);
            }
            sending.join();
        }
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void stopsReadingAllOverTheBytesInFlightOfAll() throws IOException {
        limit(32 * MIB, 3 * MIB);
        TopicPartition partition = server.topic("t");
        server.broker.holdAppends();
        try (RawClient first = RawClient.greeted(server.address());
                RawClient second = RawClient.greeted(server.address())) {
            CompletableFuture<Void> sending =
                    CompletableFuture.allOf(sendMany(first, partition, 30), sendMany(second, partition, 30));
            WireServer.await(() -> server.inFlight.bytes() > 3 * MIB);
            assertStuck(sending);
            assertThat(server.inFlight.bytes()).isLessThan(8 * MIB);
            server.broker.releaseAppends();
            for (int i = 0; i < 30; i++) {
                first.read(10 + i, Frames.Published.class);
                second.read(10 + i, Frames.Published.class);
            }
            sending.join();
        }
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void givesBackBytesInFlightOfConnectionsThatAreGone() throws IOException {
        TopicPartition partition = server.topic("t");
        server.broker.holdAppends();
        try (RawClient client = RawClient.greeted(server.address())) {
            client.send(2, publish(partition, 1, 10_000));
            WireServer.await(() -> server.broker.heldAppends() == 1);
        }
        WireServer.await(() -> server.gate.open() == 0);
        assertThat(server.inFlight.bytes()).isGreaterThan(10_000);
        server.broker.releaseAppends();
        WireServer.await(() -> server.inFlight.bytes() == 0);
    }

    @Test
    void drainAnswersWhatIsInFlightThenCloses() throws IOException {
        TopicPartition partition = server.topic("t");
        server.broker.holdAppends();
        try (RawClient client = RawClient.greeted(server.address());
                RawClient idle = RawClient.greeted(server.address())) {
            client.ask(
                    9, new Frames.Subscribe(partition.topicId(), 0, StartPosition.LATEST, 0), Frames.Subscribed.class);
            client.send(2, publish(partition, 1, 100));
            WireServer.await(() -> server.broker.heldAppends() == 1);
            CompletableFuture<Void> drained = server.protocol.drain();
            idle.readError(0, Fault.SHUTTING_DOWN);
            idle.assertClosed();
            var ended = client.read(9, Frames.SubscriptionEnded.class);
            assertThat(Fault.ofCode(ended.code())).isEqualTo(Fault.SHUTTING_DOWN);
            client.send(3, publish(partition, 2, 100));
            client.readError(3, Fault.SHUTTING_DOWN);
            assertThat(drained).isNotDone();
            server.broker.releaseAppends();
            client.read(2, Frames.Published.class);
            client.readError(0, Fault.SHUTTING_DOWN);
            client.assertClosed();
            drained.orTimeout(10, TimeUnit.SECONDS).join();
        }
        assertThat(server.broker.appended).hasSize(1);
    }

    /** A broker that reads on would have taken all in a fraction of this time. */
    private static void assertStuck(CompletableFuture<Void> sending) {
        assertThatThrownBy(() -> sending.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
    }

    private void limit(int perConnection, long total) {
        server.close();
        server =
                new WireServer(new ConnectionLimits(20, 16 * MIB, MIB, perConnection, total, 8192, 10_000, 60_000, 10));
    }

    private static CompletableFuture<Void> sendMany(RawClient client, TopicPartition partition, int count) {
        return CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < count; i++) {
                    client.send(10 + i, publish(partition, i, 512 << 10));
                }
            } catch (IOException failure) {
                throw new AssertionError(failure);
            }
        });
    }

    private static Frames.Publish publish(TopicPartition partition, int number, int bytes) {
        byte[] payload = new byte[bytes];
        Arrays.fill(payload, (byte) number);
        ByteBuffer.wrap(payload).putInt(0, number);
        return new Frames.Publish(partition.topicId(), partition.partition(), ByteBuffer.wrap(payload));
    }
}
