package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Consumer;
import dev.millrace.client.DeadLetter;
import dev.millrace.client.DeadLetters;
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
import dev.millrace.client.TopicInfo;
import dev.millrace.core.error.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
