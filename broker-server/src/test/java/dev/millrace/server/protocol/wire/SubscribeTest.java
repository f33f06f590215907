package dev.millrace.server.protocol.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.FrameCodec;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.StartPosition;
import dev.millrace.server.net.ConnectionLimits;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SubscribeTest {
    private static final int MIB = 1 << 20;
    private static final int RECORD_BYTES = 1_000;

    private final WireServer server = new WireServer(ConnectionLimits.DEFAULTS);
    private final TopicPartition partition = server.topic("t");

    @AfterEach
    void stop() {
        server.close();
        assertThat(server.broker.slicesOpen).as("slices not released").hasValue(0);
    }

    @Test
    void deliversWhatIsThereAndWhatComesLater() throws IOException {
        append(3);
        try (RawClient client = RawClient.greeted(server.address())) {
            Frames.Subscribed subscribed =
                    client.ask(5, subscribe(StartPosition.EARLIEST, MIB), Frames.Subscribed.class);
            assertThat(subscribed).isEqualTo(new Frames.Subscribed(0, 0, 3));
            Frames.Deliver first = client.read(5, Frames.Deliver.class);
            assertThat(first.payload().remaining()).isEqualTo(3 * RECORD_BYTES);
            assertThat(first.endOffset()).isEqualTo(3);
            client.assertQuiet();
            append(1);
            assertThat(client.read(5, Frames.Deliver.class).payload().remaining())
                    .isEqualTo(RECORD_BYTES);
        }
    }

    @Test
    void deliversReadsThatCompleteOnAnotherThread() throws IOException {
        server.broker.readsComeLater = true;
        deliversWhatIsThereAndWhatComesLater();
    }

    @Test
    void startsWhereItIsAsked() throws IOException {
        append(10);
        try (RawClient client = RawClient.greeted(server.address())) {
            assertThat(start(client, 5, StartPosition.LATEST)).isEqualTo(10);
            assertThat(start(client, 6, StartPosition.offset(4))).isEqualTo(4);
            assertThat(start(client, 7, StartPosition.offset(10))).isEqualTo(10);
            assertThat(start(client, 8, StartPosition.time(7))).isEqualTo(7);
            assertThat(start(client, 9, StartPosition.time(99))).isEqualTo(10);
            client.send(10, subscribe(StartPosition.offset(11), 0));
            assertThat(client.readError(10, Fault.OFFSET_OUT_OF_RANGE).detail()).contains("11", "0 to 10");
            client.send(11, new Frames.Subscribe(new UUID(3, 3), 0, StartPosition.EARLIEST, 0));
            client.readError(11, Fault.TOPIC_NOT_FOUND);
            client.send(12, new Frames.Subscribe(partition.topicId(), 1, StartPosition.EARLIEST, 0));
            client.readError(12, Fault.PARTITION_NOT_FOUND);
        }
    }

    @Test
    void neverExceedsCreditByMoreThanOneBatch() throws IOException {
        append(100);
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, 2_500), Frames.Subscribed.class);
            // 2500: two records; 500 are left, so one more comes whole, and the credit is -500.
            assertThat(delivered(client, 5)).isEqualTo(3 * RECORD_BYTES);
            client.send(5, new Frames.Credit(500));
            assertThat(delivered(client, 5)).isZero();
            client.send(5, new Frames.Credit(1));
            assertThat(delivered(client, 5)).isEqualTo(RECORD_BYTES);
        }
    }

    @Test
    void deliversNothingWithoutCredit() throws IOException {
        append(5);
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, 0), Frames.Subscribed.class);
            assertThat(delivered(client, 5)).isZero();
            assertThat(server.broker.readsStarted).hasValue(0);
            client.send(5, new Frames.Credit(1));
            assertThat(delivered(client, 5)).isEqualTo(RECORD_BYTES);
        }
    }

    @Test
    void creditSaturatesInsteadOfOverflowing() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, Integer.MAX_VALUE), Frames.Subscribed.class);
            for (int i = 0; i < 5; i++) {
                client.send(5, new Frames.Credit(Integer.MAX_VALUE));
            }
            for (int i = 0; i < 2; i++) {
                append(1);
                client.read(5, Frames.Deliver.class);
            }
        }
    }

    @Test
    void creditThatIsNotPositiveEndsTheSubscription() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            for (int bad : new int[] {0, -1}) {
                client.ask(5, subscribe(StartPosition.EARLIEST, MIB), Frames.Subscribed.class);
                client.send(5, new Frames.Credit(bad));
                var ended = client.read(5, Frames.SubscriptionEnded.class);
                assertThat(Fault.ofCode(ended.code())).isEqualTo(Fault.INVALID_REQUEST);
            }
            client.send(5, subscribe(StartPosition.EARLIEST, -1));
            client.readError(5, Fault.INVALID_REQUEST);
            client.send(77, new Frames.Credit(10));
            client.assertQuiet();
        }
    }

    @Test
    void deliversNothingAfterUnsubscribeIsAnswered() throws IOException {
        append(50);
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, MIB), Frames.Subscribed.class);
            client.read(5, Frames.Deliver.class);
            client.ask(5, new Frames.Unsubscribe(), Frames.Done.class);
            append(10);
            client.assertQuiet();
            assertThat(server.broker.waitsOpen).hasValue(0);
            client.ask(6, new Frames.Unsubscribe(), Frames.Done.class);
        }
    }

    @Test
    void releasesWhatWasReadForASubscriptionThatEndedMeanwhile() throws IOException {
        append(1);
        server.broker.readsComeLater = true;
        server.broker.readGate = new CompletableFuture<>();
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, MIB), Frames.Subscribed.class);
            WireServer.await(() -> server.broker.readsStarted.get() == 1);
            client.ask(5, new Frames.Unsubscribe(), Frames.Done.class);
            server.broker.readGate.complete(null);
            WireServer.await(() -> server.broker.slicesMade.get() == 1);
            WireServer.await(() -> server.broker.slicesOpen.get() == 0);
            client.assertQuiet();
        }
    }

    @Test
    void unsubscribeOvertakesSubscribeThatStillLooksForItsTime() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            ByteBuffer both = ByteBuffer.allocate(1_000);
            both.put(FrameCodec.encode(5, subscribe(StartPosition.time(1), MIB)));
            both.put(FrameCodec.encode(5, new Frames.Unsubscribe()));
            client.send(both.flip());
            // The search may be faster; then SUBSCRIBED comes first. After DONE there is nothing.
            if (client.read().frame() instanceof Frames.Subscribed) {
                client.read(5, Frames.Done.class);
            }
            client.assertQuiet();
        }
    }

    @Test
    void tellsWhenTopicIsDeleted() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, MIB), Frames.Subscribed.class);
            WireServer.await(() -> server.broker.waitsOpen.get() == 1);
            server.broker.topics().delete("t").join();
            var ended = client.read(5, Frames.SubscriptionEnded.class);
            assertThat(Fault.ofCode(ended.code())).isEqualTo(Fault.TOPIC_NOT_FOUND);
            client.assertQuiet();
        }
    }

    @Test
    void tellsWhenOffsetHasExpired() throws IOException {
        append(10);
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, 0), Frames.Subscribed.class);
            server.broker.expireBefore(partition, 4);
            client.send(5, new Frames.Credit(MIB));
            var ended = client.read(5, Frames.SubscriptionEnded.class);
            assertThat(Fault.ofCode(ended.code())).isEqualTo(Fault.OFFSET_OUT_OF_RANGE);
        }
    }

    @Test
    void refusesSubscriptionIdTwiceAndTooManySubscriptions() throws IOException {
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.LATEST, 0), Frames.Subscribed.class);
            client.send(5, subscribe(StartPosition.LATEST, 0));
            client.readError(5, Fault.INVALID_REQUEST);
            for (int i = 1; i < 10_000; i++) {
                client.ask(100 + i, subscribe(StartPosition.LATEST, 0), Frames.Subscribed.class);
            }
            client.send(20_000, subscribe(StartPosition.LATEST, 0));
            assertThat(client.readError(20_000, Fault.LIMIT_REACHED).detail()).contains("10000");
        }
    }

    /** Its socket takes nothing; the broker must not read on for it, and must serve the other meanwhile. */
    @Test
    void slowConsumerCostsBoundedMemoryAndStallsNobody() throws IOException {
        for (int i = 0; i < 200; i++) {
            append(MIB);
        }
        try (RawClient slow = new RawClient(server.address(), 16 << 10).hello()) {
            slow.send(5, subscribe(StartPosition.EARLIEST, Integer.MAX_VALUE));
            WireServer.await(() -> server.broker.slicesOpen.get() > 0);
            try (RawClient fast = RawClient.greeted(server.address())) {
                fast.send(6, subscribe(StartPosition.EARLIEST, Integer.MAX_VALUE));
                fast.read(6, Frames.Subscribed.class);
                long received = 0;
                while (received < 200L * MIB) {
                    received += fast.read(6, Frames.Deliver.class).payload().remaining();
                }
            }
            // What the slow one holds: the water mark, and what the kernel took.
            WireServer.await(() -> server.broker.slicesOpen.get() <= 8);
            assertThat(server.broker.slicesOpen.get()).isPositive();
        }
        WireServer.await(() -> server.broker.slicesOpen.get() == 0);
    }

    @Test
    void servesSubscriptionsOfAConnectionInTurn() throws IOException {
        for (int i = 0; i < 40; i++) {
            append(MIB / 2);
        }
        try (RawClient client = RawClient.greeted(server.address())) {
            for (int id = 1; id <= 4; id++) {
                client.send(id, subscribe(StartPosition.EARLIEST, 0));
                client.read(id, Frames.Subscribed.class);
            }
            ByteBuffer credits = ByteBuffer.allocate(200);
            for (int id = 1; id <= 4; id++) {
                credits.put(FrameCodec.encode(id, new Frames.Credit(Integer.MAX_VALUE)));
            }
            client.send(credits.flip());
            Map<Integer, Integer> counts = new HashMap<>();
            for (int i = 0; i < 40; i++) {
                counts.merge(client.read().requestId(), 1, Integer::sum);
            }
            assertThat(counts.keySet()).containsExactlyInAnyOrder(1, 2, 3, 4);
            assertThat(counts.values()).allMatch(count -> count >= 8);
        }
    }

    @Test
    void closesConsumerThatTakesNothingForTheIdleTime() throws IOException {
        server.close();
        try (WireServer impatient =
                new WireServer(new ConnectionLimits(20, 16 * MIB, MIB, 32 * MIB, 64 * MIB, 8192, 10_000, 300, 10))) {
            TopicPartition log = impatient.topic("t");
            for (int i = 0; i < 20; i++) {
                impatient.broker.logs().append(log, ByteBuffer.allocate(MIB)).join();
            }
            try (RawClient stuck = new RawClient(impatient.address(), 16 << 10).hello()) {
                stuck.send(5, new Frames.Subscribe(log.topicId(), 0, StartPosition.EARLIEST, Integer.MAX_VALUE));
                WireServer.await(() -> impatient.gate.open() == 0);
            }
            WireServer.await(() -> impatient.broker.slicesOpen.get() == 0);
        }
    }

    /** Random grants and appends: at no time has more come than was granted, but for one batch. */
    @Test
    void creditHoldsUnderRandomGrants() throws IOException {
        long seed = Seeds.next();
        Random random = new Random(seed);
        server.broker.readsComeLater = random.nextBoolean();
        try (RawClient client = RawClient.greeted(server.address())) {
            client.ask(5, subscribe(StartPosition.EARLIEST, 1), Frames.Subscribed.class);
            long granted = 1;
            long received = 0;
            for (int round = 0; round < 300; round++) {
                append(501 + random.nextInt(3_499));
                int grant = 1 + random.nextInt(4_000);
                granted += grant;
                client.send(5, new Frames.Credit(grant));
                received += delivered(client, 5);
                assertThat(received).as("seed %d round %d", seed, round).isLessThan(granted + 4_000);
            }
            assertThat(received).as("seed %d", seed).isPositive();
        }
    }

    private long start(RawClient client, int id, StartPosition position) throws IOException {
        return client.ask(id, subscribe(position, 0), Frames.Subscribed.class).startOffset();
    }

    /** Payload bytes that come before the answer to a PING. */
    private static long delivered(RawClient client, int id) throws IOException {
        long bytes = 0;
        for (int round = 0; round < 3; round++) {
            client.send(999_999, new Frames.Ping());
            for (var envelope = client.read(); envelope.requestId() != 999_999; envelope = client.read()) {
                assertThat(envelope.requestId()).isEqualTo(id);
                bytes += ((Frames.Deliver) envelope.frame()).payload().remaining();
            }
        }
        return bytes;
    }

    private Frames.Subscribe subscribe(StartPosition position, int creditBytes) {
        return new Frames.Subscribe(partition.topicId(), 0, position, creditBytes);
    }

    private void append(int count) {
        if (count > 500) {
            server.broker.logs().append(partition, ByteBuffer.allocate(count)).join();
            return;
        }
        for (int i = 0; i < count; i++) {
            server.broker
                    .logs()
                    .append(partition, ByteBuffer.allocate(RECORD_BYTES))
                    .join();
        }
    }
}
