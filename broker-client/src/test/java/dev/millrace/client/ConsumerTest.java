package dev.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.wire.FrameType;
import dev.millrace.core.wire.Frames;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConsumerTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final Duration LONG = Duration.ofSeconds(10);

    private FakeBroker broker;
    private MillraceClient client;

    @BeforeEach
    void open() throws IOException {
        broker = new FakeBroker().topic("t", 1).topic("wide", 3);
        client = broker.client();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        broker.close();
    }

    private Consumer earliest(String topic) {
        return client.consumer().topics(topic).from(StartFrom.earliest()).open();
    }

    private static List<String> poll(Consumer consumer, int count) {
        List<String> values = new ArrayList<>();
        while (values.size() < count) {
            List<ReceivedMessage> messages = consumer.poll(LONG);
            assertThat(messages).as("within ten seconds, after " + values).isNotEmpty();
            messages.forEach(message -> values.add(message.valueText()));
        }
        return values;
    }

    private static String[] numbered(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "v" + i).toArray(String[]::new);
    }

    @Test
    void readsFromEachKindOfStart() {
        broker.log("t", 0).with("a", "b", "c");
        assertThat(poll(earliest("t"), 3)).containsExactly("a", "b", "c");
        assertThat(poll(client.consumer().topics("t").from(StartFrom.offset(1)).open(), 2))
                .containsExactly("b", "c");
        // FakeLog uses the offset as the timestamp.
        assertThat(poll(
                        client.consumer()
                                .topics("t")
                                .from(StartFrom.time(Instant.ofEpochMilli(2)))
                                .open(),
                        1))
                .containsExactly("c");
        Consumer latest = client.consumer().topics("t").open();
        broker.await(
                "the subscription", () -> broker.events("subscribe 0 LATEST").size() == 1);
        client.producer().build().publish("t", "k", "d");
        assertThat(poll(latest, 1)).containsExactly("d");
        assertThat(latest.position(T0)).isEqualTo(4);
    }

    @Test
    void skipsRecordsOfTheFirstBatchThatLieBeforeTheStart() {
        broker.log("t", 0).withBatch(Compression.ZSTD, numbered(0, 100));
        assertThat(poll(client.consumer().topics("t").from(StartFrom.offset(97)).open(), 3))
                .containsExactly("v97", "v98", "v99");
    }

    @Test
    void tellsWhetherItHasCaughtUp() {
        broker.log("t", 0).withBatch(Compression.NONE, "a", "b");
        Consumer consumer = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .pollMax(1)
                .open();
        assertThat(consumer.caughtUp()).isFalse();
        poll(consumer, 1);
        assertThat(consumer.caughtUp()).isFalse();
        assertThat(consumer.endOffset(T0)).isEqualTo(2);
        poll(consumer, 1);
        assertThat(consumer.caughtUp()).isTrue();
        assertThat(consumer.poll(Duration.ZERO)).isEmpty();
    }

    @Test
    void readsAllPartitionsOrThoseThatAreNamed() {
        for (int i = 0; i < 3; i++) {
            broker.log("wide", i).with("p" + i);
        }
        assertThat(poll(earliest("wide"), 3)).containsExactlyInAnyOrder("p0", "p1", "p2");
        Consumer some = client.consumer()
                .topics("wide")
                .partitions(2, 0)
                .from(StartFrom.earliest())
                .open();
        assertThat(some.assignment())
                .containsExactlyInAnyOrder(new TopicPartition("wide", 0), new TopicPartition("wide", 2));
        assertThat(poll(some, 2)).containsExactlyInAnyOrder("p0", "p2");
        assertThatThrownBy(() -> client.consumer().topics("wide").partitions(3).open())
                .isInstanceOf(MillraceException.class)
                .hasMessageContaining("PARTITION_NOT_FOUND");
    }

    @Test
    void neverGrantsMoreThanItsWindow() {
        for (int i = 0; i < 1000; i++) {
            broker.log("t", 0).with("x".repeat(1000) + i);
        }
        Consumer consumer = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .bufferSize(64 << 10)
                .open();
        assertThat(poll(consumer, 1000)).hasSize(1000);
        assertThat(broker.creditOutstandingMax()).isLessThanOrEqualTo(64 << 10);
    }

    @Test
    void aConsumerThatDoesNotPollIsSentNoMoreThanItsWindow() {
        for (int i = 0; i < 1000; i++) {
            broker.log("t", 0).with("x".repeat(1000) + i);
        }
        broker.next(FrameType.CREDIT, (session, id, request) -> {
            throw new AssertionError("credit although nothing was handed out");
        });
        Consumer consumer = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .bufferSize(64 << 10)
                .open();
        broker.await("the subscription", () -> consumer.endOffset(T0) == 1000);
        assertThat(consumer.position(T0)).isZero();
    }

    @Test
    void goesOnAfterALostConnectionWithoutGapOrRepetition() {
        broker.log("t", 0).with(numbered(0, 50));
        Consumer consumer = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .pollMax(7)
                .open();
        List<String> values = poll(consumer, 7);
        // An answer that comes after the deliveries: now all of them wait in the consumer.
        client.admin().listTopics();
        broker.dropConnections();
        broker.await("subscribed again", () -> broker.events("subscribe").size() == 2);
        // What waits is not granted twice.
        assertThat(broker.events("subscribe").get(1)).contains("OFFSET 50").doesNotContain("credit " + (4 << 20));
        values.addAll(poll(consumer, 50 - values.size()));
        synchronized (broker) {
            broker.log("t", 0).with(numbered(50, 60));
        }
        broker.dropConnections();
        values.addAll(poll(consumer, 60 - values.size()));
        assertThat(values).containsExactly(numbered(0, 60));
    }

    @Test
    void resubscribesAfterARefusalThatPasses() {
        broker.log("t", 0).with("a");
        broker.nextFails(FrameType.SUBSCRIBE, Fault.OVERLOADED);
        broker.next(
                FrameType.SUBSCRIBE,
                (session, id, request) ->
                        session.send(id, new Frames.SubscriptionEnded(Fault.SHUTTING_DOWN.code(), "going")));
        assertThat(poll(earliest("t"), 1)).containsExactly("a");
    }

    @Test
    void pausedPartitionsHandOutNothingUntilResumed() {
        broker.log("t", 0).with("a", "b");
        Consumer consumer = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .pollMax(1)
                .open();
        assertThat(poll(consumer, 1)).containsExactly("a");
        consumer.pause(List.of(T0));
        assertThat(consumer.poll(Duration.ofMillis(20))).isEmpty();
        consumer.resume(List.of(T0));
        assertThat(poll(consumer, 1)).containsExactly("b");
    }

    @Test
    void seeksForwardsAndBackwards() {
        broker.log("t", 0).with(numbered(0, 20));
        Consumer consumer = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .pollMax(1)
                .open();
        poll(consumer, 2);
        consumer.seek(T0, 15);
        assertThat(consumer.position(T0)).isEqualTo(15);
        assertThat(poll(consumer, 5)).containsExactly(numbered(15, 20));
        consumer.seek(T0, 3);
        assertThat(poll(consumer, 2)).containsExactly("v3", "v4");
        assertThatThrownBy(() -> consumer.seek(new TopicPartition("x", 0), 3)).hasMessageContaining("NOT_ASSIGNED");
    }

    // ---- faults

    @Test
    void namesTheOffsetThatIsOutOfRangeAndRecoversWithASeek() {
        broker.log("t", 0).with("a", "b");
        Consumer consumer =
                client.consumer().topics("t").from(StartFrom.offset(7)).open();
        MillraceException error = catchThrowableOfType(MillraceException.class, () -> consumer.poll(LONG));
        assertThat(error.fault()).isEqualTo(Fault.OFFSET_OUT_OF_RANGE);
        assertThat(error.detail()).contains("t/0").contains("7");
        consumer.seek(T0, 1);
        assertThat(poll(consumer, 1)).containsExactly("b");
    }

    @Test
    void refusesABatchWhoseChecksumDoesNotMatchAndGoesNoFurther() {
        broker.log("t", 0).with("a", "b", "c");
        broker.log("t", 0).damage(1);
        Consumer consumer = earliest("t");
        assertThat(poll(consumer, 1)).containsExactly("a");
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> consumer.poll(LONG))
                    .hasMessageContaining("CORRUPT_BATCH")
                    .hasMessageContaining("t/0 at offset 1");
        }
        consumer.seek(T0, 2);
        assertThat(poll(consumer, 1)).containsExactly("c");
    }

    @Test
    void namesTheMissingTopicOrPattern() {
        assertThatThrownBy(() -> earliest("none")).hasMessageContaining("topic none does not exist");
        broker.deleteTopic("t");
        broker.deleteTopic("wide");
        assertThatThrownBy(() -> earliest("none.*")).hasMessageContaining("no topic matches none.*");
    }

    @Test
    void saysWhyASubscriptionEnded() {
        broker.next(FrameType.SUBSCRIBE, (session, id, request) -> {
            session.handle(id, request);
            session.send(id, new Frames.SubscriptionEnded(Fault.DATA_DAMAGED.code(), "offsets 5 to 9"));
        });
        assertThatThrownBy(() -> earliest("t").poll(LONG))
                .hasMessageContaining("DATA_DAMAGED")
                .hasMessageContaining("offsets 5 to 9");
    }

    // ---- handler style

    @Test
    void handsMessagesToTheHandlerUntilClosed() {
        broker.log("t", 0).with(numbered(0, 100));
        List<String> values = new CopyOnWriteArrayList<>();
        RunningConsumer running = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .start(message -> values.add(message.valueText()));
        broker.await("all messages", () -> values.size() == 100);
        running.close();
        assertThat(values).containsExactly(numbered(0, 100));
        assertThat(running.finished()).isCompleted();
    }

    @Test
    void stopsAtTheHandlersFirstException() {
        broker.log("t", 0).with("a", "b", "c");
        List<String> values = new CopyOnWriteArrayList<>();
        RunningConsumer running = client.consumer()
                .topics("t")
                .from(StartFrom.earliest())
                .start(message -> {
                    values.add(message.valueText());
                    if (message.offset() == 1) {
                        throw new IllegalStateException("no b");
                    }
                });
        ExecutionException error = catchThrowableOfType(
                ExecutionException.class, () -> running.finished().get());
        assertThat(error).hasRootCauseMessage("no b");
        assertThat(values).containsExactly("a", "b");
    }

    @Test
    void closingTheClientEndsAPollThatWaits() {
        Consumer consumer = earliest("t");
        Thread closer = new Thread(client::close);
        closer.start();
        MillraceException error = catchThrowableOfType(MillraceException.class, () -> consumer.poll(LONG));
        assertThat(error.fault()).isEqualTo(Fault.CLIENT_CLOSED);
    }
}
