package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Event;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventSubscription;
import dev.millrace.client.EventSubscriptionBuilder.EventHandler;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How subscriptions to events begin, end and go on, through the client and the real broker. */
@Timeout(120)
class ClientSubscriptionsTest {
    private static final int EVENTS = 50;
    private static final int STOP_AT = 20;

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.connect(millrace.address());
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    /** Does something with each event's value, and notes what it is told. */
    private static final class Notes implements EventHandler {
        interface Step {
            void on(String value) throws Exception;
        }

        final List<String> values = Collections.synchronizedList(new ArrayList<>());
        final List<String> checkpoints = Collections.synchronizedList(new ArrayList<>());
        final List<String> signals = Collections.synchronizedList(new ArrayList<>());
        final CountDownLatch caughtUp = new CountDownLatch(1);
        final CountDownLatch fellBehind = new CountDownLatch(1);
        final CountDownLatch caughtUpAgain = new CountDownLatch(2);
        final Step step;

        Notes(Step step) {
            this.step = step;
        }

        @Override
        public void onEvent(StoredEvent event) throws Exception {
            step.on(event.valueText());
            values.add(event.valueText());
        }

        @Override
        public void onCheckpoint(String checkpoint) {
            checkpoints.add(checkpoint);
        }

        @Override
        public void onCaughtUp() {
            signals.add("caught up");
            caughtUp.countDown();
            caughtUpAgain.countDown();
        }

        @Override
        public void onFellBehind() {
            signals.add("fell behind");
            fellBehind.countDown();
        }

        String lastCheckpoint() {
            return checkpoints.get(checkpoints.size() - 1);
        }
    }

    private void append(String topic, int partitions, int from, int to, String padding) {
        if (from == 0) {
            client.admin().createTopic(topic, partitions, Map.of("stream.index", "key+tags"));
        }
        for (int at = from; at < to; at += 500) {
            Event[] events = IntStream.range(at, Math.min(to, at + 500))
                    .mapToObj(i -> Event.of("Counted", i + padding).tags("n:" + i))
                    .toArray(Event[]::new);
            client.streams(topic).append("counter", Expected.version(at - 1L), events);
        }
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private List<String> readOn(String topic, String checkpoint) throws InterruptedException {
        Notes notes = new Notes(value -> {});
        EventSubscription subscription =
                client.subscription().topics(topic).fromCheckpoint(checkpoint).start(notes);
        assertThat(notes.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
        subscription.close();
        return notes.values;
    }

    // ---- the end

    @Test
    void closingWithinDeliveredEventsTellsACheckpointThatGoesOnWithTheNextOne() throws Exception {
        append("log", 1, 0, EVENTS, "");
        CompletableFuture<EventSubscription> started = new CompletableFuture<>();
        Notes notes = new Notes(value -> {
            if (value.equals("" + (STOP_AT - 1))) {
                started.get(20, TimeUnit.SECONDS).close();
            }
        });
        EventSubscription subscription = client.subscription().topics("log").start(notes);
        started.complete(subscription);
        subscription.finished().get(20, TimeUnit.SECONDS);
        assertThat(notes.values).isEqualTo(numbers(0, STOP_AT));
        assertThat(notes.lastCheckpoint()).isEqualTo(subscription.checkpoint());
        assertThat(readOn("log", notes.lastCheckpoint())).isEqualTo(numbers(STOP_AT, EVENTS));
    }

    @Test
    void closingTheClientEndsItsSubscriptionsAsTheirCloseDoes() throws Exception {
        append("log", 1, 0, EVENTS, "");
        MillraceClient other = MillraceClient.connect(millrace.address());
        Notes notes = new Notes(value -> {
            if (value.equals("" + (STOP_AT - 1))) {
                other.close();
            }
        });
        EventSubscription subscription = other.subscription().topics("log").start(notes);
        subscription.finished().get(20, TimeUnit.SECONDS);
        assertThat(notes.values).isEqualTo(numbers(0, STOP_AT));
        assertThat(notes.signals).isEmpty();
        assertThat(readOn("log", notes.lastCheckpoint())).isEqualTo(numbers(STOP_AT, EVENTS));
    }

    @Test
    void aHandlerThatFailsEndsItAndTheCheckpointIsThatOfTheEventBefore() throws Exception {
        append("log", 1, 0, EVENTS, "");
        Notes notes = new Notes(value -> {
            if (value.equals("" + STOP_AT)) {
                throw new IllegalStateException("no room for " + value);
            }
        });
        EventSubscription subscription = client.subscription().topics("log").start(notes);
        assertThatThrownBy(() -> subscription.finished().get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("no room for " + STOP_AT);
        assertThat(readOn("log", subscription.checkpoint())).isEqualTo(numbers(STOP_AT, EVENTS));
    }

    // ---- what it reads

    @Test
    void aSubscriptionToSeveralTopicsHasOneCheckpointForAll() throws Exception {
        append("orders", 2, 0, 10, "o");
        append("payments", 3, 0, 10, "p");
        append("other", 1, 0, 10, "x");
        Notes notes = new Notes(value -> {});
        try (EventSubscription subscription =
                client.subscription().topics("orders", "payments").start(notes)) {
            assertThat(notes.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(subscription.finished()).isNotDone();
        }
        assertThat(notes.values).hasSize(20).noneMatch(value -> value.endsWith("x"));
        assertThat(notes.values.stream().filter(value -> value.endsWith("o")))
                .as("each topic in its order")
                .containsExactlyElementsOf(
                        numbers(0, 10).stream().map(number -> number + "o").toList());
        append("orders", 2, 10, 11, "o");
        append("payments", 3, 10, 11, "p");
        Notes more = new Notes(value -> {});
        try (EventSubscription subscription = client.subscription()
                .topics("orders", "payments")
                .fromCheckpoint(notes.lastCheckpoint())
                .start(more)) {
            assertThat(more.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(subscription.finished()).isNotDone();
        }
        assertThat(more.values).containsExactlyInAnyOrder("10o", "10p");
    }

    /** While the handler is busy, the broker sends what the client's memory takes, and the log grows by more than that. */
    @Test
    void aHandlerThatWasCaughtUpIsToldWhenItFallsBehind() throws Exception {
        append("log", 1, 0, 1, "");
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Notes notes = new Notes(value -> {
            if (value.startsWith("1-")) {
                busy.countDown();
                assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue();
            }
        });
        try (EventSubscription subscription =
                client.subscription().topics("log").start(notes)) {
            assertThat(notes.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            append("log", 1, 1, 2, "-" + "x".repeat(1000));
            assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
            append("log", 1, 2, 10_002, "-" + "x".repeat(1000));
            assertThat(notes.signals).containsExactly("caught up");
            goOn.countDown();
            assertThat(notes.fellBehind.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(notes.caughtUpAgain.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(subscription.finished()).isNotDone();
        }
        assertThat(notes.signals).containsExactly("caught up", "fell behind", "caught up");
        assertThat(notes.values).hasSize(10_002);
    }

    // ---- bad input

    @Test
    void aFilterThatAsksForTooMuchIsRefusedWithItsSize() {
        append("log", 1, 0, 1, "");
        EventFilter manyItems = EventFilter.tags("t");
        for (int i = 1; i < 33; i++) {
            manyItems = manyItems.or(EventFilter.tags("t"));
        }
        assertThat(refused(manyItems, "")).contains("33 items; at most 32");
        assertThat(refused(EventFilter.ofTypes(numbers(0, 17).toArray(String[]::new)), ""))
                .contains("17 types and 0 tags; at most 16");
        assertThat(refused(EventFilter.tags("t".repeat(257)), "")).contains("a tag of 257 bytes; a tag has 1 to 256");
        assertThat(refused(null, "k".repeat(4097))).contains("a key prefix of 4097 bytes; a key has at most 4096");
    }

    private String refused(EventFilter filter, String prefix) {
        EventSubscription subscription = client.subscription()
                .topics("log")
                .filter(filter)
                .keyPrefix(prefix)
                .start(event -> {});
        MillraceException[] refused = new MillraceException[1];
        assertThatThrownBy(() -> subscription.finished().get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(MillraceException.class, e -> refused[0] = e);
        assertThat(refused[0].fault()).isEqualTo(Fault.INVALID_REQUEST);
        return refused[0].detail();
    }
}
