package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Consumer;
import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RejectedException;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Retry, dead letters and replay, with the client and the real broker. */
@Timeout(120)
class DeadLetterEndToEndTest {
    private static final String GROUP = "billing";
    private static final int MESSAGE_BYTES_MAX = 8 << 20;
    private static final FailurePolicy POLICY = FailurePolicy.retryThenDeadLetter(3, Duration.ofMillis(5));

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private Producer producer;

    /** Values that the handler refuses. */
    private final Set<String> poison = ConcurrentHashMap.newKeySet();

    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    private final BlockingQueue<ReceivedMessage> handled = new LinkedBlockingQueue<>();
    private final MessageHandler handler = message -> {
        calls.add(message.valueText());
        if (poison.contains(message.valueText())) {
            throw new IllegalStateException("no such account");
        }
        handled.add(message);
    };

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        client.admin().createTopic("orders", 2);
        producer = client.producer().build();
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private RunningConsumer start(FailurePolicy policy) {
        return client.group(GROUP).topics("orders").onFailure(policy).start(handler);
    }

    private void publish(String key, String... values) {
        for (String value : values) {
            producer.publish(Message.to("orders").key(key).value(value).header("trace", "t-" + value));
        }
    }

    private void assertHandled(String... values) throws InterruptedException {
        for (String value : values) {
            ReceivedMessage next = handled.poll(30, TimeUnit.SECONDS);
            assertThat(next).as("next handled message, wanted %s", value).isNotNull();
            assertThat(next.valueText()).isEqualTo(value);
        }
    }

    private DeadLetters letters() {
        return client.admin().deadLetters(GROUP);
    }

    private List<DeadLetter> awaitLetters(int count) throws InterruptedException {
        return await(() -> letters().list(0, 100), list -> list.size() == count);
    }

    private static <T> T await(Supplier<T> look, Predicate<T> wanted) throws InterruptedException {
        T seen = look.get();
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < 600 && !wanted.test(seen); i++) {
            never.await(50, TimeUnit.MILLISECONDS);
            seen = look.get();
        }
        assertThat(seen).matches(wanted);
        return seen;
    }

    @Test
    void aMessageThatKeepsFailingBecomesADeadLetterAndOtherKeysGoOn() throws InterruptedException {
        poison.add("bad");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "bad");
            publish("b", "1", "2");
            assertHandled("1", "2");
            DeadLetter letter = awaitLetters(1).get(0);
            assertThat(letter.state()).isEqualTo("parked");
            assertThat(letter.reason()).isEqualTo("handler-error");
            assertThat(letter.attempts()).isEqualTo(3);
            assertThat(letter.summary()).isEqualTo("java.lang.IllegalStateException: no such account");
            assertThat(calls).filteredOn("bad"::equals).hasSize(3);
            assertThat(letter.copyPartition().topic()).isEqualTo("orders.dlq");
        }
        assertThat(client.admin().describeTopic("orders.dlq").partitions()).hasSize(2);
    }

    @Test
    void aDeadLetterKeepsItsHeadersAndSaysWhy() throws InterruptedException {
        poison.add("bad");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "bad");
            DeadLetter letter = awaitLetters(1).get(0);
            ReceivedMessage copy = letters().show(letter.id()).orElseThrow().message();
            assertThat(copy.keyText()).isEqualTo("a");
            assertThat(copy.valueText()).isEqualTo("bad");
            assertThat(copy.header("trace")).isEqualTo("t-bad");
            assertThat(copy.header("$dl-reason")).isEqualTo("handler-error");
            assertThat(copy.header("$dl-exception")).isEqualTo("java.lang.IllegalStateException");
            assertThat(copy.header("$dl-message")).isEqualTo("no such account");
            assertThat(copy.header("$dl-attempts")).isEqualTo("3");
            assertThat(copy.header("$dl-group")).isEqualTo(GROUP);
            assertThat(copy.header("$dl-topic")).isEqualTo("orders");
            assertThat(copy.header("$dl-partition")).isEqualTo("" + letter.id().partition());
            assertThat(copy.header("$dl-offset")).isEqualTo("0");
            assertThat(Long.parseLong(copy.header("$dl-first-failure")))
                    .isLessThanOrEqualTo(Long.parseLong(copy.header("$dl-last-failure")));
            try (Consumer reader = client.consumer()
                    .topics("orders.dlq")
                    .from(StartFrom.earliest())
                    .open()) {
                assertThat(reader.poll(Duration.ofSeconds(30)))
                        .extracting(ReceivedMessage::valueText)
                        .containsExactly("bad");
            }
        }
    }

    @Test
    void laterMessagesOfAParkedKeyWaitAndAReplayHandlesAllInOrder() throws InterruptedException {
        poison.add("a1");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "a1", "a2", "a3");
            publish("b", "b1");
            assertHandled("b1");
            List<DeadLetter> parked = awaitLetters(3);
            assertThat(parked)
                    .extracting(DeadLetter::reason)
                    .containsExactly("handler-error", "key-parked", "key-parked");

            poison.clear();
            DeadLetters.Moved moved = letters().replay();
            assertThat(moved.count()).isEqualTo(3);
            assertThat(moved.skipped()).isZero();
            publish("a", "a4");
            assertHandled("a1", "a2", "a3", "a4");
            awaitLetters(0);
            publish("a", "a5");
            assertHandled("a5");
            assertThat(letters().listAll(0, 100)).extracting(DeadLetter::state).containsOnly("handled");
        }
    }

    @Test
    void aReplayedMessageComesAsTheOriginalAndToTheFailingGroupAlone() throws InterruptedException {
        poison.add("bad");
        BlockingQueue<ReceivedMessage> others = new LinkedBlockingQueue<>();
        try (RunningConsumer consumer = start(POLICY);
                RunningConsumer other =
                        client.group("shipping").topics("orders").start(others::add)) {
            publish("a", "bad");
            DeadLetter letter = awaitLetters(1).get(0);
            ReceivedMessage first = others.poll(30, TimeUnit.SECONDS);
            poison.clear();
            letters().replay();
            ReceivedMessage replayed = handled.poll(30, TimeUnit.SECONDS);
            assertThat(replayed.toString()).isEqualTo(letter.id().toString()).isEqualTo(first.toString());
            assertThat(replayed.timestampMs()).isEqualTo(first.timestampMs());
            assertThat(replayed.headers()).isEqualTo(first.headers());
            assertThat(others.poll(300, TimeUnit.MILLISECONDS)).isNull();
        }
        assertThat(client.admin().listTopics(">")).extracting(TopicInfo::name).containsExactly("orders", "orders.dlq");
        assertThat(client.admin().listTopics("$retry.>"))
                .extracting(TopicInfo::name)
                .containsExactly("$retry.billing");
    }

    @Test
    void aReplayThatFailsAgainIsParkedAgainWithWhatCameAfterIt() throws InterruptedException {
        poison.add("a1");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "a1", "a2");
            awaitLetters(2);
            letters().replay();
            await(
                    () -> letters().list(0, 10),
                    list -> list.stream().allMatch(l -> l.state().equals("parked")) && list.size() == 2);
            assertThat(handled).isEmpty();
            poison.clear();
            assertThat(letters().key("a").replay().count()).isEqualTo(2);
            assertHandled("a1", "a2");
        }
    }

    @Test
    void aLaterMessageOfAKeyIsNotReplayedBeforeAnEarlierOne() throws InterruptedException {
        poison.add("a1");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "a1", "a2");
            List<DeadLetter> parked = awaitLetters(2);
            DeadLetters.Moved moved = letters().ids(List.of(parked.get(1).id())).replay();
            assertThat(moved.count()).isZero();
            assertThat(moved.reasons().get(0).reason()).contains("offset 0 of the same key is parked and comes first");
            letters().ids(List.of(parked.get(0).id())).discard("the account was closed");
            poison.clear();
            assertThat(letters().ids(List.of(parked.get(1).id())).replay().count())
                    .isEqualTo(1);
            assertHandled("a2");
            DeadLetter discarded = letters().show(parked.get(0).id()).orElseThrow();
            assertThat(discarded.state()).isEqualTo("discarded");
            assertThat(discarded.note()).contains("the account was closed");
        }
    }

    @Test
    void aMessageThatIsReplayedWithAnotherValueKeepsAllElse() throws InterruptedException {
        poison.add("bad");
        poison.add("still bad");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "bad");
            DeadLetter.Id id = awaitLetters(1).get(0).id();
            assertThat(letters().replay(id, "still bad").count()).isEqualTo(1);
            DeadLetter again = await(
                    () -> letters().show(id).orElseThrow(),
                    letter -> letter.state().equals("parked")
                            && letter.message().valueText().equals("still bad"));
            assertThat(letters().replay(id, "mended").count()).isEqualTo(1);
            ReceivedMessage mended = handled.poll(30, TimeUnit.SECONDS);
            assertThat(mended.valueText()).isEqualTo("mended");
            assertThat(mended.keyText()).isEqualTo("a");
            assertThat(mended.header("trace")).isEqualTo("t-bad");
            assertThat(mended.toString()).isEqualTo(id.toString());
            assertThat(mended.timestampMs()).isEqualTo(again.message().timestampMs());
        }
    }

    @Test
    void anotherValueThatIsTooLargeIsRefusedAndNothingMoves() throws InterruptedException {
        poison.add("bad");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "bad");
            DeadLetter.Id id = awaitLetters(1).get(0).id();
            byte[] huge = new byte[MESSAGE_BYTES_MAX + 1];
            assertThatThrownBy(() -> letters().replay(id, huge))
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.MESSAGE_TOO_LARGE))
                    .hasMessageContaining("a value of " + huge.length + " bytes");
            assertThat(awaitLetters(1).get(0).state()).isEqualTo("parked");
        }
    }

    @Test
    void largeDeadLettersAreReplayedInSeveralSteps() throws InterruptedException {
        AtomicBoolean failing = new AtomicBoolean(true);
        byte[] large = new byte[1 << 20];
        int count = 12;
        CountDownLatch all = new CountDownLatch(count);
        try (RunningConsumer consumer = client.group(GROUP)
                .topics("orders")
                .onFailure(POLICY)
                .start(message -> {
                    if (failing.get()) {
                        throw new RejectedException("not now");
                    }
                    all.countDown();
                })) {
            for (int i = 0; i < count; i++) {
                producer.publish(Message.to("orders").key("a").value(large));
            }
            awaitLetters(count);
            failing.set(false);
            assertThat(letters().replay().count()).isEqualTo(count);
            assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aRejectedMessageIsParkedAtOnce() throws InterruptedException {
        try (RunningConsumer consumer = client.group(GROUP)
                .topics("orders")
                .onFailure(POLICY.deadLetterTopic("graveyard").parkKey(false))
                .start(message -> {
                    calls.add(message.valueText());
                    if (message.valueText().equals("bad")) {
                        throw new RejectedException("not a valid order");
                    }
                    handled.add(message);
                })) {
            publish("a", "bad", "good");
            assertHandled("good");
            DeadLetter letter = awaitLetters(1).get(0);
            assertThat(letter.reason()).isEqualTo("rejected");
            assertThat(letter.attempts()).isEqualTo(1);
            assertThat(letter.copyPartition().topic()).isEqualTo("graveyard");
            assertThat(calls).containsExactly("bad", "good");
        }
    }

    @Test
    void whatIsParkedStaysDoneThroughRestartsOfGroupAndBroker() throws InterruptedException {
        poison.add("a1");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "a1", "a2");
            awaitLetters(2);
        }
        millrace.restart();
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "a3");
            publish("b", "b1");
            assertHandled("b1");
            awaitLetters(3);
            assertThat(calls).filteredOn("a1"::equals).hasSize(3);
            assertThat(calls).doesNotContain("a2", "a3");
            poison.clear();
            letters().replay();
            assertHandled("a1", "a2", "a3");
        }
    }

    @Test
    void anEventOfAStreamIsParkedAndReplayedWithItsIdAndVersion() throws InterruptedException {
        client.admin().createTopic("accounts", 1, Map.of("stream.index", "key"));
        Event opened = Event.of("Opened", "opened");
        Event paid = Event.of("Paid", "paid");
        client.streams("accounts").append("a", Expected.none(), opened, paid);
        poison.add("opened");
        try (RunningConsumer consumer =
                client.group(GROUP).topics("accounts").onFailure(POLICY).start(handler)) {
            List<DeadLetter> parked = awaitLetters(2);
            assertThat(parked).extracting(DeadLetter::reason).containsExactly("handler-error", "key-parked");
            ReceivedMessage copy =
                    letters().show(parked.get(1).id()).orElseThrow().message();
            assertThat(StoredEvent.of(copy).version()).isEqualTo(1);
            poison.clear();
            letters().replay();
            for (Event event : List.of(opened, paid)) {
                StoredEvent replayed = StoredEvent.of(handled.poll(30, TimeUnit.SECONDS));
                assertThat(replayed.id()).isEqualTo(event.id());
                assertThat(replayed.type()).isEqualTo(event.type());
                assertThat(replayed.version()).isEqualTo(event == opened ? 0 : 1);
            }
        }
        assertThat(client.streams("accounts").read("a").lastVersion()).isEqualTo(1);
        assertThat(client.admin().describeTopic("accounts.dlq").messages()).isEqualTo(2);
    }

    @Test
    void aMessageThatATransactionPublishedForLaterIsParkedAndReplayedWithItsTime() throws InterruptedException {
        poison.add("reminder");
        try (RunningConsumer consumer = start(POLICY);
                Transactions transactions = client.transactional("reminders")) {
            Transaction transaction = transactions.begin();
            transaction.publish(Message.to("orders").key("a").value("reminder").delay(Duration.ofMillis(10)));
            transaction.publish(Message.to("orders").key("b").value("at once"));
            transaction.commit();
            assertHandled("at once");
            DeadLetter letter = awaitLetters(1).get(0);
            long dueMs = letters().show(letter.id()).orElseThrow().message().dueMs();
            assertThat(dueMs).isPositive();
            poison.clear();
            letters().replay();
            ReceivedMessage replayed = handled.poll(30, TimeUnit.SECONDS);
            assertThat(replayed.valueText()).isEqualTo("reminder");
            assertThat(replayed.dueMs()).isEqualTo(dueMs);
        }
    }

    @Test
    void aKeyStaysParkedWhereTheGroupGoesThroughItsEarlierMessagesAgain() throws InterruptedException {
        poison.add("a2");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "a1", "a2");
            assertHandled("a1");
            awaitLetters(1);
        }
        client.admin().resetOffsets(GROUP, "orders", StartFrom.earliest(), false);
        try (RunningConsumer consumer = start(POLICY)) {
            assertHandled("a1");
            publish("a", "a3");
            assertThat(awaitLetters(2)).extracting(DeadLetter::reason).containsExactly("handler-error", "key-parked");
            poison.clear();
            letters().replay();
            assertHandled("a2", "a3");
        }
    }

    @Test
    void internalTopicsAreNobodyElses() throws InterruptedException {
        poison.add("bad");
        try (RunningConsumer consumer = start(POLICY)) {
            publish("a", "bad");
            awaitLetters(1);
            letters().replay();
        }
        assertThatThrownBy(() -> producer.publish(Message.to("$retry.billing").value("x")))
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.INVALID_REQUEST))
                .hasMessageContaining("one of the broker's own");
        assertThatThrownBy(() -> client.admin().createTopic("$retry.x", 1)).hasMessageContaining("cannot be created");
        assertThatThrownBy(() -> client.admin().deleteTopic("$retry.billing"))
                .hasMessageContaining("cannot be deleted");
        client.admin().deleteGroup(GROUP);
        assertThat(client.admin().listTopics("$retry.>")).isEmpty();
        assertThat(letters().listAll(0, 10)).isEmpty();
    }

    @Test
    void replayOfAGroupThatIsNotThereSaysSo() {
        assertThatThrownBy(() -> client.admin().deadLetters("nobody").replay())
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.GROUP_NOT_FOUND));
        assertThatThrownBy(() -> client.admin().deadLetters(null).replay())
                .isInstanceOfSatisfying(
                        MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.INVALID_REQUEST));
    }
}
