package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Codec;
import dev.millrace.client.Consumer;
import dev.millrace.client.Event;
import dev.millrace.client.EventSubscription;
import dev.millrace.client.Expected;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.GroupBuilder;
import dev.millrace.client.Message;
import dev.millrace.client.MessageContext;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Position;
import dev.millrace.client.Producer;
import dev.millrace.client.Projection;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.Saga;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TracedMessage;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is published while a message is handled says what it belongs to and what made it happen. */
@Timeout(120)
class CorrelationEndToEndTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";
    private static final String ROOT = "11111111-2222-3333-4444-555555555555";

    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private Producer producer;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        client.admin().createTopic("orders", 1, Map.of("stream.index", "key"));
        client.admin().createTopic("out", 1);
        client.admin().createTopic("log", 1, Map.of("stream.index", "key"));
        producer = client.producer().build();
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private void appendRoot() {
        Event root = Event.of("OrderPlaced", "12")
                .id(ROOT)
                .correlation("process-7")
                .header("traceparent", PARENT)
                .header("tracestate", "vendor=1")
                .header("baggage", "user=anna");
        client.streams("orders").append("o-1", Expected.none(), root);
    }

    private List<ReceivedMessage> published(int count) {
        List<ReceivedMessage> messages = new ArrayList<>();
        try (Consumer consumer = client.consumer()
                .topics("out", "log")
                .from(StartFrom.earliest())
                .open()) {
            while (messages.size() < count) {
                messages.addAll(consumer.poll(Duration.ofSeconds(1)));
            }
        }
        assertThat(messages).hasSize(count);
        return messages;
    }

    private static void assertFollows(ReceivedMessage message) {
        assertThat(message.header("$correlation")).isEqualTo("process-7");
        assertThat(message.header("$causation")).isEqualTo(ROOT);
        assertThat(message.header("traceparent"))
                .matches("00-" + TRACE + "-[0-9a-f]{16}-01")
                .isNotEqualTo(PARENT);
        assertThat(message.header("tracestate")).isEqualTo("vendor=1");
        assertThat(message.header("baggage")).isEqualTo("user=anna");
    }

    /** With a producer now and later, in a transaction, into a stream. */
    private void publishInAllWays(ReceivedMessage cause) {
        producer.publish(Message.to("out").key("a").value(cause.valueText()));
        producer.publishAsync(Message.to("out").key("a").value("async")).join();
        producer.publish(Message.to("out").key("a").value("later").delay(Duration.ofMillis(1)));
        client.streams("log").append("b", Expected.any(), Event.of("X", "appended"));
        try (Transactions transactions = client.transactional("t");
                Transaction transaction = transactions.begin()) {
            transaction.publish(Message.to("out").key("a").value("in transaction"));
            transaction.append("log", "b", Expected.any(), Event.of("X", "appended in transaction"));
            transaction.commit();
        }
    }

    private void assertAllWaysFollow() {
        List<ReceivedMessage> messages = published(6);
        messages.forEach(CorrelationEndToEndTest::assertFollows);
        assertThat(messages.stream().map(message -> message.header("traceparent")))
                .as("a span of its own for each")
                .doesNotHaveDuplicates();
    }

    @Test
    void whatAGroupsHandlerPublishesFollowsFromItsMessage() {
        appendRoot();
        try (RunningConsumer running = group().start(this::publishInAllWays)) {
            assertAllWaysFollow();
        }
    }

    /** Whatever appends keeps the index: publishes, fired timers, appends to streams, transactions. */
    @Test
    void whatWasPublishedInAnyWayIsFoundByItsCorrelation() {
        for (String topic : List.of("orders", "out", "log")) {
            client.admin().alterTopic(topic, 0, Map.of("correlation.index", "on"));
        }
        appendRoot();
        try (RunningConsumer running = group().start(this::publishInAllWays)) {
            List<Position> places = new ArrayList<>(List.of(new Position("orders", 0, 0)));
            published(6)
                    .forEach(message ->
                            places.add(new Position(message.topic(), message.partition(), message.offset())));
            assertThat(client.admin().trace("process-7", 100).messages())
                    .extracting(TracedMessage::position)
                    .containsExactlyInAnyOrderElementsOf(places);
        }
    }

    @Test
    void alsoWhereTheHandlerIsTriedAgain() {
        appendRoot();
        int[] calls = {0};
        MessageHandler handler = message -> {
            if (calls[0]++ < 2) {
                throw new IllegalStateException("not yet");
            }
            publishInAllWays(message);
        };
        try (RunningConsumer running = group().onFailure(FailurePolicy.retryThenDeadLetter(5, Duration.ofMillis(1)))
                .start(handler)) {
            assertAllWaysFollow();
        }
    }

    @Test
    void whatASubscriptionsHandlerPublishesFollowsFromItsEvent() {
        appendRoot();
        try (EventSubscription running = client.subscription()
                .topics("orders")
                .from(StartFrom.earliest())
                .start(event -> producer.publish(Message.to("out").key("a").value(event.valueText())))) {
            assertFollows(published(1).get(0));
        }
    }

    @Test
    void theOutputsOfAProjectionFollowFromTheirEventsThoughTheyAreCommittedTogether() {
        appendRoot();
        try (Projection running = client.projections()
                .named("copies")
                .topics("orders")
                .startAtomic((event, outputs) -> outputs.publish(
                                Message.to("out").key("a").value("1"))
                        .append("log", "b", Expected.any(), Event.of("X", "2")))) {
            published(2).forEach(CorrelationEndToEndTest::assertFollows);
        }
    }

    @Test
    void whatASagaPublishesFollowsFromItsInput() {
        appendRoot();
        Saga<String> saga = client.saga("order", Codec.string())
                .startedBy(
                        "orders",
                        (step, event) -> step.publish(Message.to("out").key("a").value("charge")));
        try (RunningConsumer running = saga.start()) {
            assertFollows(published(1).get(0));
        }
    }

    @Test
    void theFirstMessageNamesWhatFollowsWhereItBelongsToNothing() {
        producer.publish(Message.to("orders").key("o-1").value("root").header("traceparent", "00-nonsense"));
        try (RunningConsumer running = group().start(
                        message -> producer.publish(Message.to("out").key("a").value("next")))) {
            ReceivedMessage message = published(1).get(0);
            assertThat(message.header("$causation")).isNotNull().isEqualTo(message.header("$correlation"));
            assertThat(message.header("traceparent"))
                    .as("malformed, so ignored")
                    .isNull();
        }
    }

    @Test
    void whatTheApplicationSetsStays() {
        appendRoot();
        String own = PARENT.replace(TRACE, "1".repeat(32));
        try (RunningConsumer running = group().start(message -> producer.publish(Message.to("out")
                .key("a")
                .header("$correlation", "mine")
                .header("$causation", "me")
                .header("traceparent", own)))) {
            ReceivedMessage message = published(1).get(0);
            assertThat(message.header("$correlation")).isEqualTo("mine");
            assertThat(message.header("$causation")).isEqualTo("me");
            assertThat(message.header("traceparent")).isEqualTo(own);
            assertThat(message.header("tracestate")).isNull();
            assertThat(message.headers().stream().filter(header -> header.key().equals("traceparent")))
                    .hasSize(1);
        }
    }

    @Test
    void messagesTakenByHandAreTiedByTheContextAndOnlyWhileItLasts() throws Exception {
        appendRoot();
        try (Consumer consumer =
                client.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            ReceivedMessage root = consumer.poll(Duration.ofSeconds(30)).get(0);
            MessageContext.run(root, () -> producer.publish(Message.to("out").key("a")));
            producer.publish(Message.to("out").key("a"));
        }
        List<ReceivedMessage> messages = published(2);
        assertFollows(messages.get(0));
        assertThat(messages.get(1).header("$correlation")).isNull();
        assertThat(messages.get(1).header("traceparent")).isNull();
    }

    private GroupBuilder group() {
        return client.group("g").topics("orders").startFrom(StartFrom.earliest());
    }
}
