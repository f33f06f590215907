package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.AppendResult;
import dev.millrace.client.AppendResult.Clause;
import dev.millrace.client.AppendResult.FailedCondition;
import dev.millrace.client.Event;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventStreams;
import dev.millrace.client.EventStreams.Addressed;
import dev.millrace.client.EventStreams.AsOf;
import dev.millrace.client.EventStreams.Check;
import dev.millrace.client.EventStreams.Condition;
import dev.millrace.client.EventStreams.Range;
import dev.millrace.client.EventSubscription;
import dev.millrace.client.EventSubscriptionBuilder.EventHandler;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Event streams through the client and the real broker. */
@Timeout(120)
class ClientStreamsTest {
    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private EventStreams orders;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        client.admin().createTopic("orders", 4, Map.of("stream.index", "key+tags"));
        orders = client.streams("orders");
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private static List<String> values(List<StoredEvent> events) {
        return events.stream().map(StoredEvent::valueText).toList();
    }

    @Test
    void appendsReadsAndRefusesByVersion() {
        Event placed = Event.of("OrderPlaced", "12")
                .tags("customer:7")
                .header("source", "shop")
                .correlation("c1");
        AppendResult first = orders.append("o-1", Expected.none(), placed);
        assertThat(first.lastVersion()).isZero();
        orders.append("o-1", Expected.version(0), Event.of("OrderPaid", "12"), Event.of("OrderSent", "x"));
        EventStreams.Slice slice = orders.read("o-1");
        assertThat(values(slice.events())).containsExactly("12", "12", "x");
        assertThat(slice.lastVersion()).isEqualTo(2);
        StoredEvent stored = slice.events().get(0);
        assertThat(stored.id()).isEqualTo(placed.id());
        assertThat(stored.type()).isEqualTo("OrderPlaced");
        assertThat(stored.tags()).containsExactly("customer:7");
        assertThat(stored.header("source")).isEqualTo("shop");
        assertThat(stored.header("$correlation")).isEqualTo("c1");
        assertThatThrownBy(() -> orders.append("o-1", Expected.version(1), Event.of("X", "x")))
                .isInstanceOfSatisfying(MillraceException.class, e -> {
                    assertThat(e.fault()).isEqualTo(Fault.WRONG_EXPECTED_VERSION);
                    assertThat(e.detail()).contains("\"o-1\"", "expected 1", "last version is 2");
                });
        AppendResult conflict = orders.tryAppend("o-1", Expected.none(), Event.of("X", "x"));
        assertThat(conflict.written()).isFalse();
        assertThat(conflict.conflicts().get(0).actualVersion()).isEqualTo(2);
        assertThat(orders.append("o-1", Expected.none(), placed).duplicate()).isTrue();
        millrace.restart();
        assertThat(orders.append("o-1", Expected.none(), placed).duplicate()).isTrue();
        assertThat(orders.last("o-1"))
                .hasValueSatisfying(last -> assertThat(last.version()).isEqualTo(2));
        assertThat(orders.last("o-2")).isEmpty();
    }

    @Test
    void longStreamsReadWholeInBothDirectionsAndLoadWithTheirSnapshot() {
        for (int from = 0; from < 2500; from += 500) {
            List<Event> events = LongStream.range(from, from + 500)
                    .mapToObj(i -> Event.of("N", "" + i))
                    .toList();
            orders.append(bytes("long"), Expected.version(from - 1), events);
        }
        assertThat(orders.read("long").events())
                .extracting(StoredEvent::version)
                .hasSize(2500)
                .isSorted();
        assertThat(values(orders.read("long", Range.newestFirst().max(1200)).events()))
                .hasSize(1200)
                .startsWith("2499", "2498")
                .endsWith("1300");
        assertThat(orders.read("long", Range.all().asOf(AsOf.version(1500))).events())
                .hasSize(1501);
        assertThat(orders.load("long", "v1").tail().events()).hasSize(2500);
        orders.putSnapshot("long", 2489, "v1", bytes("state"));
        EventStreams.Loaded loaded = orders.load("long", "v1");
        assertThat(new String(loaded.snapshot(), StandardCharsets.UTF_8)).isEqualTo("state");
        assertThat(loaded.snapshotVersion()).isEqualTo(2489);
        assertThat(loaded.tail().events()).hasSize(10);
    }

    @Test
    void appendsToManyStreamsOfAPartitionWithChecksAndConditions() {
        client.admin().createTopic("shop", 1, Map.of("stream.index", "key+tags"));
        EventStreams shop = client.streams("shop");
        AppendResult both = shop.tryAppend(
                List.of(Addressed.to("cart", Event.of("Closed", "1")), Addressed.to("order", Event.of("Placed", "1"))),
                List.of(Check.of("cart", Expected.none()), Check.of("order", Expected.none())));
        assertThat(both.versions()).containsExactly(0L, 0L);
        assertThat(shop.tryAppend(List.of(), List.of(Check.of("cart", Expected.exists())))
                        .written())
                .isTrue();

        shop.append("seat", Expected.any(), Event.of("Taken", "1").tags("seat:1"));
        EventFilter seat = EventFilter.tags("seat:1").types("Taken");
        EventStreams.Found found = shop.find(0, seat, 0, 100);
        assertThat(found.events()).hasSize(1);
        List<Addressed> taking =
                List.of(Addressed.to("seat", Event.of("Taken", "2").tags("seat:1")));
        assertThat(shop.appendIf(taking, List.of(), new Condition(seat, -1, null))
                        .conditionFailed())
                .isTrue();
        assertThat(shop.appendIf(taking, List.of(), new Condition(null, -1, seat))
                        .matches())
                .isNotEmpty();
        assertThat(shop.appendIf(taking, List.of(), new Condition(seat, found.readEnd() - 1, null))
                        .written())
                .isTrue();
        List<Addressed> far = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            far.add(Addressed.to("k" + i, Event.of("X", "x")));
        }
        assertThatThrownBy(() -> orders.tryAppend(far, List.of()))
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.CROSS_PARTITION));
    }

    @Test
    void aFailedConditionTellsClauseItemAndOffsetsToProgramsAndToPeople() {
        client.admin().createTopic("seats", 1, Map.of("stream.index", "key+tags"));
        EventStreams seats = client.streams("seats");
        seats.append(
                "row-1",
                Expected.none(),
                Event.of("Opened", "1"),
                Event.of("Taken", "2").tags("seat:1", "show:9"));
        EventFilter filter = EventFilter.tags("seat:7")
                .or(EventFilter.tags("seat:1", "show:9").types("Taken", "Sold"));
        List<Addressed> taking =
                List.of(Addressed.to("row-1", Event.of("Taken", "3").tags("seat:1")));

        AppendResult match = seats.appendIf(taking, List.of(), new Condition(filter, 0, null));
        assertThat(match.written()).isFalse();
        assertThat(match.failedCondition()).isEqualTo(new FailedCondition(Clause.FAIL_IF_MATCH, 1, List.of(1L)));
        assertThat(match.detail())
                .isEqualTo(
                        "the condition failIfMatch does not hold in seats/0: after offset 0 there is an event of type"
                                + " Taken or Sold with seat:1 and show:9 (item 1), at offset 1");
        assertThatThrownBy(match::orThrow).isInstanceOfSatisfying(MillraceException.class, e -> {
            assertThat(e.fault()).isEqualTo(Fault.CONDITION_FAILED);
            assertThat(e.detail()).isEqualTo(match.detail());
            assertThat(e.retriable()).as("as it is").isFalse();
            assertThat(e.fault().retry()).isEqualTo(Fault.Retry.AFTER_REREAD);
        });

        AppendResult exists = seats.appendIf(taking, List.of(), new Condition(null, -1, EventFilter.ofTypes("Opened")));
        assertThat(exists.failedCondition()).isEqualTo(new FailedCondition(Clause.FAIL_IF_EXISTS, 0, List.of(0L)));
        assertThat(exists.detail()).contains("failIfExists", "there is an event of type Opened, at offset 0");
        AppendResult any = seats.appendIf(taking, List.of(), new Condition(EventFilter.everything(), 0, null));
        assertThat(any.failedCondition()).isEqualTo(new FailedCondition(Clause.FAIL_IF_MATCH, -1, List.of(1L)));
        assertThat(any.detail()).contains("after offset 0 there is an event, at offset 1");

        AppendResult written = seats.appendIf(taking, List.of(), new Condition(filter, 1, null));
        assertThat(written.orThrow()).isSameAs(written);
        assertThat(written.failedCondition()).isNull();
        assertThat(written.detail()).isEmpty();
    }

    @Test
    void aConflictTellsPeopleOfTheFirstStreamsAndHowManyMore() {
        client.admin().createTopic("shop", 1, Map.of("stream.index", "key"));
        List<Check> checks = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            checks.add(Check.of("s" + i, Expected.exists()));
        }
        AppendResult conflict = client.streams("shop").tryAppend(List.of(), checks);
        assertThat(conflict.conflicts()).hasSize(12);
        assertThat(conflict.detail())
                .startsWith("stream \"s0\" of topic shop: expected exists, but it holds no event; stream \"s1\"")
                .contains("\"s9\"")
                .doesNotContain("\"s10\"")
                .endsWith("; and 2 more");
        assertThatThrownBy(conflict::orThrow).isInstanceOfSatisfying(MillraceException.class, e -> {
            assertThat(e.fault()).isEqualTo(Fault.WRONG_EXPECTED_VERSION);
            assertThat(e.retriable()).isFalse();
        });
    }

    @Test
    void looksAfterStreams() {
        for (int i = 0; i < 30; i++) {
            orders.append(
                    "o-" + i,
                    Expected.none(),
                    Event.of("A", "0").timestampMs(1000),
                    Event.of("B", "1").timestampMs(2000));
        }
        List<String> keys = new ArrayList<>();
        orders.list("o-", info -> keys.add(info.keyText()));
        assertThat(keys).hasSize(30);
        List<StoredEvent> latest = new ArrayList<>();
        orders.latest("o-1", AsOf.timeMs(1500), latest::add);
        assertThat(latest).hasSize(11).allMatch(event -> event.valueText().equals("0"));
        assertThat(orders.truncateBefore("o-1", 1).firstVersion()).isEqualTo(1);
        assertThat(orders.read("o-1").truncated()).isTrue();
        assertThat(orders.setPolicy("o-2", 1, Duration.ZERO).maxCount()).isEqualTo(1);
        assertThat(values(orders.read("o-2").events())).containsExactly("1");
        orders.delete("o-3", Expected.version(1));
        assertThatThrownBy(() -> orders.read("o-3"))
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.STREAM_NOT_FOUND));
        assertThat(orders.append("o-3", Expected.none(), Event.of("A", "again")).lastVersion())
                .isEqualTo(2);
        orders.tombstone("o-4", Expected.any());
        assertThatThrownBy(() -> orders.append("o-4", Expected.any(), Event.of("A", "x")))
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.STREAM_TOMBSTONED));
        assertThat(orders.erase("o-5").erasedMs()).isPositive();
        assertThat(orders.read("o-5").events()).allMatch(StoredEvent::erased).hasSize(2);
        assertThat(orders.describe("o-4").state()).isEqualTo("tombstoned");
    }

    @Test
    void publishingToATopicWithStreamsAppendsToThem() {
        try (Producer producer = client.producer().build()) {
            for (int i = 0; i < 200; i++) {
                producer.publishAsync(Message.to("orders").key("o-" + i % 3).value("" + i));
            }
            producer.flush();
        }
        assertThat(orders.read("o-0").events())
                .extracting(StoredEvent::version)
                .hasSize(67)
                .isSorted();
        assertThat(orders.append("o-1", Expected.version(66), Event.of("A", "x"))
                        .lastVersion())
                .isEqualTo(67);
    }

    // ---- subscriptions

    /** Notes what it is told. */
    private static final class Notes implements EventHandler {
        final BlockingQueue<StoredEvent> events = new LinkedBlockingQueue<>();
        final CountDownLatch caughtUp = new CountDownLatch(1);
        volatile String checkpoint;

        @Override
        public void onEvent(StoredEvent event) {
            events.add(event);
        }

        @Override
        public void onCheckpoint(String told) {
            checkpoint = told;
        }

        @Override
        public void onCaughtUp() {
            caughtUp.countDown();
        }

        List<String> values() {
            return new ArrayList<>(events).stream().map(StoredEvent::valueText).toList();
        }
    }

    @Test
    void aSubscriptionSeesOnlyWhatItsFilterLetsThroughAndGoesOnFromItsCheckpoint() throws Exception {
        for (int i = 0; i < 100; i++) {
            orders.append(
                    "o-" + i % 10,
                    Expected.any(),
                    Event.of(i % 2 == 0 ? "Even" : "Odd", "" + i).tags("t" + i % 5));
        }
        Notes notes = new Notes();
        String checkpoint;
        try (EventSubscription subscription = client.subscription()
                .topics("orders")
                .filter(EventFilter.tags("t0").types("Even"))
                .start(notes)) {
            assertThat(notes.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(notes.values())
                    .containsExactlyInAnyOrder("0", "10", "20", "30", "40", "50", "60", "70", "80", "90");
            checkpoint = subscription.checkpoint();
        }
        assertThat(notes.checkpoint).isEqualTo(checkpoint);
        orders.append(
                "o-0",
                Expected.any(),
                Event.of("Even", "later").tags("t0"),
                Event.of("Odd", "not").tags("t0"));
        Notes more = new Notes();
        try (EventSubscription subscription = client.subscription()
                .topics("*")
                .filter(EventFilter.tags("t0").types("Even"))
                .fromCheckpoint(checkpoint)
                .start(more)) {
            assertThat(more.events.poll(20, TimeUnit.SECONDS).valueText()).isEqualTo("later");
            millrace.restart();
            orders.append(
                    "o-0", Expected.any(), Event.of("Even", "after the restart").tags("t0"));
            assertThat(more.events.poll(20, TimeUnit.SECONDS).valueText()).isEqualTo("after the restart");
            assertThat(subscription.finished()).isNotDone();
        }
        assertThat(more.events).isEmpty();
    }

    @Test
    void aSubscriptionIsToOneStreamOrToAPrefix() throws Exception {
        orders.append("o-1", Expected.any(), Event.of("A", "one"));
        orders.append("o-12", Expected.any(), Event.of("A", "twelve"));
        orders.append("p-1", Expected.any(), Event.of("A", "other"));
        Notes one = new Notes();
        Notes prefix = new Notes();
        try (EventSubscription first =
                        client.subscription().topics("orders").stream("o-1").start(one);
                EventSubscription second =
                        client.subscription().topics("orders").keyPrefix("o-").start(prefix)) {
            assertThat(one.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(prefix.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(one.values()).containsExactly("one");
            assertThat(prefix.values()).containsExactlyInAnyOrder("one", "twelve");
            assertThat(first.finished()).isNotDone();
            assertThat(second.finished()).isNotDone();
        }
    }

    @Test
    void aCheckpointWhoseEventsAreGoneEndsTheSubscriptionAndSaysSo() throws Exception {
        client.admin().createTopic("log", 1, Map.of("stream.index", "key"));
        EventStreams log = client.streams("log");
        log.append("a", Expected.any(), Event.of("A", "0"), Event.of("A", "1"));
        Notes notes = new Notes();
        String checkpoint;
        try (EventSubscription subscription =
                client.subscription().topics("log").start(notes)) {
            assertThat(notes.caughtUp.await(20, TimeUnit.SECONDS)).isTrue();
            checkpoint = subscription.checkpoint();
        }
        log.append("a", Expected.any(), Event.of("A", "2"), Event.of("A", "3"));
        client.admin().deleteBefore(new TopicPartition("log", 0), 3);
        EventSubscription late =
                client.subscription().topics("log").fromCheckpoint(checkpoint).start(new Notes());
        assertThatThrownBy(() -> late.finished().get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(MillraceException.class, e -> {
                    assertThat(e.fault()).isEqualTo(Fault.POSITION_GONE);
                    assertThat(e.detail()).contains("offset 2", "3");
                });
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
