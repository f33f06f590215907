package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An order, the invoice that followed from it, and who has seen them. */
@Timeout(120)
class TraceCommandTest {
    private static final String ROOT = "11111111-2222-3333-4444-555555555555";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @TempDir
    private Path data;

    private EmbeddedMillrace broker;
    private MillraceClient client;

    @BeforeEach
    void open() {
        broker = EmbeddedMillrace.start(data);
        client = MillraceClient.builder().server(broker.address()).build();
        client.admin().createTopic("orders", 1, Map.of("stream.index", "key", "correlation.index", "on"));
        client.admin().createTopic("invoices", 1, Map.of("correlation.index", "on"));
    }

    @AfterEach
    void close() {
        client.close();
        broker.close();
    }

    private Ran run(String... args) {
        return new Ran.Setup().server(broker.address()).run(args);
    }

    private static void awaitThat(BooleanSupplier wanted) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; i < 600 && !wanted.getAsBoolean(); i++) {
            never.await(50, TimeUnit.MILLISECONDS);
        }
        assertThat(wanted.getAsBoolean()).isTrue();
    }

    /** Group billing turns orders into invoices, group mail fails on those, group audit has yet to begin. */
    private void happen() throws Exception {
        client.admin().commitOffsets("audit", Map.of(new TopicPartition("orders", 0), 0L));
        Event order = Event.of("OrderPlaced", "12")
                .id(ROOT)
                .correlation("process-7")
                .header("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01");
        client.streams("orders").append("o-1", Expected.none(), order);
        CountDownLatch invoiced = new CountDownLatch(1);
        try (Producer producer = client.producer().build();
                RunningConsumer billing = client.group("billing")
                        .topics("orders")
                        .startFrom(StartFrom.earliest())
                        .start(message -> {
                            producer.publish(Message.to("invoices").key("o-1").value("12"));
                            invoiced.countDown();
                        })) {
            assertThat(invoiced.await(60, TimeUnit.SECONDS)).isTrue();
        }
        try (RunningConsumer mail = client.group("mail")
                .topics("invoices")
                .startFrom(StartFrom.earliest())
                .onFailure(FailurePolicy.retryThenDeadLetter(2, Duration.ofMillis(1)))
                .start(message -> {
                    throw new IllegalStateException("no such address");
                })) {
            awaitThat(() -> client.admin().deadLetters("mail").count() == 1);
        }
    }

    @Test
    void showsCausesGroupsAndDeadLettersByAnyOfTheIds() throws Exception {
        happen();
        String invoice = "invoices/0@0";
        for (String id : new String[] {"process-7", TRACE, ROOT, invoice}) {
            Ran ran = run("trace", id, "-o", "json");
            assertThat(ran.exit()).as(ran.err()).isZero();
            JsonNode nodes = new ObjectMapper().readTree(ran.out());
            assertThat(overRest(id)).as("REST says the same of %s", id).isEqualTo(nodes);
            assertThat(nodes).as(id).hasSize(2);
            JsonNode order = nodes.get(0);
            assertThat(order.get("depth").asInt()).isZero();
            assertThat(order.get("id").asText()).isEqualTo(ROOT);
            assertThat(order.get("type").asText()).isEqualTo("OrderPlaced");
            assertThat(order.get("groups")).hasSize(2);
            assertThat(order.get("groups").get(0).get("group").asText()).isEqualTo("audit");
            assertThat(order.get("groups").get(0).get("passed").asBoolean()).isFalse();
            assertThat(order.get("groups").get(1).get("group").asText()).isEqualTo("billing");
            assertThat(order.get("groups").get(1).get("passed").asBoolean()).isTrue();
            JsonNode sent = nodes.get(1);
            assertThat(sent.get("depth").asInt()).isEqualTo(1);
            assertThat(sent.get("id").asText()).isEqualTo(invoice);
            assertThat(sent.get("causation").asText()).isEqualTo(ROOT);
            JsonNode mail = sent.get("groups").get(0);
            assertThat(mail.get("group").asText()).isEqualTo("mail");
            assertThat(mail.get("deadLetter").get("state").asText()).isEqualTo("parked");
            assertThat(mail.get("deadLetter").get("attempts").asInt()).isEqualTo(2);
        }
        Ran table = run("trace", "process-7");
        assertThat(table.lines()).hasSize(3);
        assertThat(table.lines().get(1)).startsWith("OrderPlaced").contains(ROOT, "billing", "audit");
        assertThat(table.lines().get(2)).startsWith("  invoices").contains(invoice, "mail: parked after 2 attempts");
    }

    private JsonNode groupsOf(String id) throws Exception {
        JsonNode messages =
                new ObjectMapper().readTree(run("trace", id, "-o", "json").out());
        assertThat(overRest(id)).as("REST says the same").isEqualTo(messages);
        return messages.get(messages.size() - 1).get("groups");
    }

    private RunningConsumer startMail(FailurePolicy policy) {
        return client.group("mail")
                .topics("invoices")
                .startFrom(StartFrom.earliest())
                .onFailure(policy)
                .start(message -> {
                    throw new IllegalStateException("no such address");
                });
    }

    private void publishInvoice(Producer producer, String process) {
        producer.publish(Message.to("invoices").key("o-1").header("$correlation", process));
    }

    /** Between the first and the second of its attempts, which is half an hour later at least. */
    @Test
    void aGroupThatWaitsForItsSecondTryIsShownWithItsErrorAndWhenItComes() throws Exception {
        Duration pause = Duration.ofHours(1);
        long startMs = System.currentTimeMillis();
        try (Producer producer = client.producer().build();
                RunningConsumer mail =
                        startMail(FailurePolicy.retryThenDeadLetter(5, pause).backoffMax(pause))) {
            publishInvoice(producer, "p-1");
            awaitThat(() -> run("trace", "p-1").out().contains("mail: attempt 1 of 5 failed, next at "));
            assertThat(run("trace", "p-1").lines().get(1))
                    .contains(", last error: java.lang.IllegalStateException: no such address");
            JsonNode waiting = groupsOf("p-1");
            assertThat(waiting).hasSize(1);
            assertThat(waiting.get(0).get("group").asText()).isEqualTo("mail");
            assertThat(waiting.get(0).get("passed").asBoolean()).isFalse();
            assertThat(waiting.get(0).has("deadLetter")).isFalse();
            JsonNode retry = waiting.get(0).get("retry");
            assertThat(retry.get("attempts").asInt()).isEqualTo(1);
            assertThat(retry.get("attemptsMax").asInt()).isEqualTo(5);
            assertThat(retry.get("lastError").asText()).isEqualTo("java.lang.IllegalStateException: no such address");
            assertThat(retry.get("nextTry").asLong()).isBetween(startMs + 1_799_000, startMs + 3_700_000);
            assertThat(retry.get("lastFailure").asLong()).isBetween(startMs - 1_000, startMs + 100_000);
            assertThat(retry.get("keyParked").asBoolean()).isFalse();
            broker.restart();
            assertThat(groupsOf("p-1").get(0).get("retry"))
                    .as("after a restart of the broker")
                    .isEqualTo(retry);
        }
        // The handler is gone; the next one goes on counting, and parks after the second of two.
        try (RunningConsumer mail = startMail(FailurePolicy.retryThenDeadLetter(2, Duration.ofMillis(1)))) {
            awaitThat(() -> client.admin().deadLetters("mail").count() == 1);
        }
        JsonNode parked = groupsOf("p-1").get(0);
        assertThat(parked.get("deadLetter").get("attempts").asInt()).isEqualTo(2);
        assertThat(parked.has("retry")).isFalse();
    }

    @Test
    void aMessageWhoseKeyIsParkedSaysSo() throws Exception {
        try (Producer producer = client.producer().build()) {
            try (RunningConsumer mail = startMail(FailurePolicy.retryThenDeadLetter(1, Duration.ofMillis(1)))) {
                publishInvoice(producer, "p-1");
                awaitThat(() -> client.admin().deadLetters("mail").count() == 1);
            }
            publishInvoice(producer, "p-2");
        }
        JsonNode retry = groupsOf("p-2").get(0).get("retry");
        assertThat(retry.get("keyParked").asBoolean()).isTrue();
        assertThat(retry.get("attempts").asInt()).isZero();
        assertThat(retry.get("attemptsMax").isNull()).isTrue();
        assertThat(retry.get("lastError").isNull()).isTrue();
        assertThat(retry.get("nextTry").isNull()).isTrue();
        assertThat(run("trace", "p-2").lines().get(1)).contains("mail: its key is parked");
        assertThat(groupsOf("p-1").get(0).has("retry")).isFalse();
    }

    private JsonNode overRest(String id) throws Exception {
        URI uri = URI.create("http://" + broker.httpAddress() + "/v1/trace/" + id.replace("/", "%2F"));
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return new ObjectMapper().readTree(response.body()).get("messages");
    }

    @Test
    void anIdThatNothingBelongsToFails() {
        Ran ran = run("trace", "nobody");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err()).contains("nothing belongs to nobody", "correlation.index=on");
    }

    @Test
    void noMoreThanAskedForAreShownAndThatThereAreMoreIsSaid() {
        try (Producer producer = client.producer().build()) {
            for (int i = 0; i < 3; i++) {
                producer.publish(Message.to("invoices").key("a").header("$correlation", "many"));
            }
        }
        Ran ran = run("trace", "many", "--max", "2");
        assertThat(ran.lines()).hasSize(3);
        assertThat(ran.err()).contains("--max");
        assertThat(run("trace", "many", "--max", "3").err()).isEmpty();
    }

    @Test
    void wrongUsageIsToldBeforeConnecting() {
        assertThat(Ran.run("trace").exit()).isEqualTo(2);
        assertThat(Ran.run("trace", "x", "--max", "0").exit()).isEqualTo(2);
        assertThat(Ran.run("trace", "").exit()).isEqualTo(2);
    }
}
