package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Codec;
import dev.millrace.client.Consumer;
import dev.millrace.client.DeadLetter;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Saga;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.SagaInstances;
import dev.millrace.client.SagaInstances.Instance;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.EventHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sagas through the client and the real broker. */
@Timeout(120)
class SagaEndToEndTest {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private Producer producer;
    private SagaInstances<String> instances;
    /** Releasing the stock does not work now. */
    private final AtomicBoolean closed = new AtomicBoolean();

    private final AtomicInteger releases = new AtomicInteger();

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        for (String topic : List.of("orders", "charged", "stock", "bank")) {
            client.admin().createTopic(topic, 2);
        }
        producer = client.producer().build();
        instances = client.sagaInstances("order", Codec.string());
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private Saga<String> orderSaga(Duration patience) {
        return client.saga("order", Codec.string())
                .startedBy("orders", (step, event) -> {
                    step.state("charging").timeout("charged", patience);
                    step.publish(Message.to("stock").key(step.key()).value("reserve"));
                    step.compensateWith("release", "stock").compensateWith("refund", "12");
                })
                .on("charged", (step, event) -> {
                    if (event.valueText().equals("declined")) {
                        step.fail("declined");
                    } else {
                        step.state("charged").complete();
                    }
                })
                .onTimeout("charged", step -> step.fail("not charged in " + patience))
                .compensation(
                        "refund",
                        step -> step.publish(Message.to("bank").key(step.key()).value("refund " + step.argument())))
                .compensation("release", step -> {
                    if (closed.get()) {
                        throw new IllegalStateException("the warehouse is closed");
                    }
                    releases.incrementAndGet();
                    step.publish(Message.to("stock").key(step.key()).value("release"));
                })
                .attempts(2, Duration.ofMillis(5))
                .partitions(2);
    }

    private static void await(BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited for a minute").isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
    }

    private void awaitStatus(String key, Status status) {
        await(() -> instances.describe(key).map(Instance::status).orElse(null) == status);
    }

    private List<ReceivedMessage> messages(String topic) {
        List<ReceivedMessage> messages = new ArrayList<>();
        try (Consumer consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            do {
                messages.addAll(consumer.poll(Duration.ofMillis(100)));
            } while (!consumer.caughtUp());
        }
        return messages;
    }

    private List<String> values(String topic) {
        return messages(topic).stream().map(ReceivedMessage::valueText).toList();
    }

    @Test
    void anInstanceEndsCompletedAndCanBeRead() {
        try (RunningConsumer saga = orderSaga(LONG).start()) {
            producer.publish("orders", "o-1", "a book");
            awaitStatus("o-1", Status.RUNNING);
            Instance<String> running = instances.describe("o-1").orElseThrow();
            assertThat(running.state()).isEqualTo("charging");
            assertThat(running.timeouts()).containsExactly("charged");
            assertThat(running.compensations()).containsExactly("refund(12)", "release(stock)");
            assertThat(client.timers().list("saga.order.timeouts", 10)).hasSize(1);

            producer.publish("charged", "o-1", "yes");
            awaitStatus("o-1", Status.COMPLETED);
            assertThat(client.timers().list("saga.order.timeouts", 10)).isEmpty();
            assertThat(saga.finished()).isNotDone();
        }
        assertThat(values("stock")).containsExactly("reserve");
        assertThat(instances.history("o-1"))
                .hasSize(2)
                .allSatisfy(step -> assertThat(step.inputId()).isNotNull());
        assertThat(instances.history("o-1")).extracting(step -> step.cause()).containsExactly("orders", "charged");
        assertThat(instances.history("o-1").get(0).outputs())
                .extracting(output -> output.topic())
                .containsExactly("saga.order.timeouts", "stock");
        assertThat(instances.describe("o-2")).isEmpty();
        assertThat(instances.history("o-2")).isEmpty();
    }

    @Test
    void aTimeoutUndoesInReverseOrder() {
        try (RunningConsumer saga = orderSaga(Duration.ofMillis(50)).start()) {
            producer.publish("orders", "o-1", "a book");
            awaitStatus("o-1", Status.COMPENSATED);
            assertThat(saga.finished()).isNotDone();
        }
        assertThat(instances.history("o-1"))
                .extracting(step -> step.cause())
                .containsExactly("orders", "timeout charged", "compensation refund", "compensation release");
        assertThat(instances.describe("o-1").orElseThrow().reason()).isEqualTo("not charged in PT0.05S");
        assertThat(values("bank")).containsExactly("refund 12");
        assertThat(values("stock")).containsExactly("reserve", "release");
    }

    /** As after a loss of the committed offsets: all events come again. */
    @Test
    void aReplayOfAllEventsPublishesNothingTwice() {
        int count = 40;
        try (RunningConsumer saga = orderSaga(LONG).concurrency(4).start()) {
            runAll(count, i -> i % 2 == 0 ? "yes" : "declined");
            assertThat(saga.finished()).isNotDone();
        }
        List<String> stock = values("stock");
        assertThat(stock).hasSize(count + count / 2);
        int called = releases.get();
        for (String topic : List.of("orders", "charged", "saga.order.timeouts", "saga.order.compensations")) {
            client.admin().resetOffsets("saga.order", topic, StartFrom.earliest(), false);
        }
        try (RunningConsumer saga = orderSaga(LONG).concurrency(4).start()) {
            await(() -> client.admin().describeGroup("saga.order").lagMessages() == 0);
            assertThat(saga.finished()).isNotDone();
        }
        assertThat(values("stock")).isEqualTo(stock);
        assertThat(releases).hasValue(called);
        assertThat(messages("stock")).extracting(ReceivedMessage::id).doesNotHaveDuplicates();
    }

    /** Begins so many instances and decides how they end. */
    private void runAll(int count, IntFunction<String> answer) {
        for (int i = 0; i < count; i++) {
            producer.publish("orders", "o-" + i, "a book");
        }
        await(() -> count(Status.RUNNING) == count);
        for (int i = 0; i < count; i++) {
            producer.publish("charged", "o-" + i, answer.apply(i));
        }
        await(() -> count(Status.COMPLETED) + count(Status.COMPENSATED) == count);
    }

    private int count(Status status) {
        AtomicInteger count = new AtomicInteger();
        instances.list("", instance -> count.addAndGet(instance.status() == status ? 1 : 0));
        return count.get();
    }

    @Test
    void aStepAndTheOffsetOfItsEventAreOneChange() {
        try (RunningConsumer saga = orderSaga(LONG).start()) {
            int partition = producer.publish("orders", "o-1", "a book").partition();
            awaitStatus("o-1", Status.RUNNING);
            assertThat(client.admin().committedOffsets("saga.order"))
                    .containsEntry(new TopicPartition("orders", partition), 1L);
            assertThat(saga.finished()).isNotDone();
        }
    }

    /** A step that somebody else takes while this one is decided, such as a process that is not gone yet. */
    @Test
    void aStepOnAnInstanceThatHasMovedOnIsDecidedAnew() {
        AtomicInteger decided = new AtomicInteger();
        Saga<String> saga = client.saga("order", Codec.string())
                .startedBy("orders", (step, event) -> step.state("charging"))
                .on("charged", (step, event) -> {
                    if (decided.getAndIncrement() == 0) {
                        repeatLastStep(step.key());
                    }
                    step.state("charged").complete();
                });
        try (RunningConsumer running = saga.start()) {
            producer.publish("orders", "o-1", "a book");
            awaitStatus("o-1", Status.RUNNING);
            producer.publish("charged", "o-1", "yes");
            awaitStatus("o-1", Status.COMPLETED);
            assertThat(running.finished()).isNotDone();
        }
        assertThat(decided).hasValue(2);
        assertThat(instances.history("o-1"))
                .extracting(step -> step.cause())
                .containsExactly("orders", "elsewhere", "charged");
    }

    private void repeatLastStep(String key) {
        EventStreams steps = client.streams("saga.order");
        StoredEvent last = steps.read(key).events().get(0);
        byte[] progress = EventHeaders.find(last.headers(), "$saga");
        Event again =
                Event.of("elsewhere", last.value()).header("$saga", progress).causation("elsewhere");
        steps.append(key, Expected.any(), again);
    }

    @Test
    void aFailedCompensationIsParkedWhereAnOperatorSeesItAndAReplayGoesOn() {
        closed.set(true);
        try (RunningConsumer saga = orderSaga(LONG).start()) {
            producer.publish("orders", "o-1", "a book");
            awaitStatus("o-1", Status.RUNNING);
            producer.publish("charged", "o-1", "declined");
            awaitStatus("o-1", Status.PARKED);
            await(() -> client.admin().deadLetters("saga.order").count() == 1);
            DeadLetter letter =
                    client.admin().deadLetters("saga.order").list(0, 10).get(0);
            assertThat(letter.id().topic()).isEqualTo("saga.order.compensations");
            assertThat(letter.reason()).isEqualTo("rejected");
            assertThat(letter.summary())
                    .contains("compensation release of instance o-1 of saga order failed 2 times")
                    .contains("the warehouse is closed");
            Instance<String> parked = instances.describe("o-1").orElseThrow();
            assertThat(parked.compensations()).containsExactly("release(stock)");
            assertThat(parked.attempt()).isEqualTo(2);
            assertThat(values("bank")).containsExactly("refund 12");

            closed.set(false);
            assertThat(client.admin()
                            .deadLetters("saga.order")
                            .key("o-1")
                            .replay()
                            .count())
                    .isEqualTo(1);
            awaitStatus("o-1", Status.COMPENSATED);
            await(() -> client.admin().deadLetters("saga.order").count() == 0);
            assertThat(values("stock")).containsExactly("reserve", "release");
            assertThat(saga.finished()).isNotDone();
        }
    }

    @Test
    void goesOnAfterTheBrokerRestarted() {
        try (RunningConsumer saga = orderSaga(Duration.ofSeconds(1)).start()) {
            producer.publish("orders", "o-1", "a book");
            awaitStatus("o-1", Status.RUNNING);
            millrace.restart();
            awaitStatus("o-1", Status.COMPENSATED);
            assertThat(saga.finished()).isNotDone();
        }
        assertThat(values("stock")).containsExactly("reserve", "release");
    }

    @Test
    void anotherProcessWithItsNameEndsTheFirstAndTakesNothingFromItsMessages() {
        RunningConsumer first = orderSaga(LONG).instanceId("a").start();
        try (RunningConsumer second = orderSaga(LONG).instanceId("a").start()) {
            runAll(20, i -> "declined");
            await(() -> first.finished().isCompletedExceptionally());
            assertThat(values("stock")).hasSize(40);
            assertThat(client.admin().deadLetters("saga.order").count()).isZero();
            assertThat(second.finished()).isNotDone();
        }
        first.close();
    }

    @Test
    void whatCannotBeASagaIsRefusedBeforeItStarts() {
        assertThatThrownBy(() -> client.saga("a.b", Codec.string())).hasMessageContaining("the saga's name is a.b");
        Saga<String> endless = client.saga("x", Codec.string()).on("orders", (step, event) -> {});
        assertThatThrownBy(endless::start).hasMessageContaining("an event that begins an instance");
        assertThatThrownBy(() -> endless.on("orders", (step, event) -> {}))
                .hasMessageContaining("one handler of a kind");
        assertThatThrownBy(() -> endless.onTimeout("$x", step -> {})).hasMessageContaining("a-z A-Z 0-9 . _ -");
        client.admin().createTopic("saga.plain", 1, Map.of());
        Saga<String> plain = client.saga("plain", Codec.string()).startedBy("orders", (step, event) -> {});
        assertThatThrownBy(plain::start)
                .isInstanceOfSatisfying(
                        MillraceException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.INDEX_DISABLED))
                .hasMessageContaining("stream.index=none");
    }
}
