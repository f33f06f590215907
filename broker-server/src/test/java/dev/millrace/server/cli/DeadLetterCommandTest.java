package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.RunningConsumer;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace deadletter} against a real broker. */
@Timeout(60)
class DeadLetterCommandTest {
    @TempDir
    private Path directory;

    private EmbeddedMillrace broker;

    /** Three dead letters of the group billing: two of key a, one of key b. */
    @BeforeEach
    void park() throws InterruptedException {
        broker = EmbeddedMillrace.start(directory);
        CountDownLatch never = new CountDownLatch(1);
        try (MillraceClient client = MillraceClient.connect(broker.address());
                Producer producer = client.producer().build()) {
            client.admin().createTopic("orders", 1);
            producer.publish(
                    Message.to("orders").key("a").value("{\"total\":1}").header("trace", "t1"));
            producer.publish(Message.to("orders").key("a").value("{\"total\":2}"));
            producer.publish(Message.to("orders").key("b").value("{\"total\":3}"));
            try (RunningConsumer consumer = client.group("billing")
                    .topics("orders")
                    .onFailure(FailurePolicy.retryThenDeadLetter(1, Duration.ZERO))
                    .start(message -> {
                        throw new IllegalStateException("no such account");
                    })) {
                while (client.admin().deadLetters("billing").count() < 3) {
                    never.await(20, TimeUnit.MILLISECONDS);
                }
            }
        }
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private Ran run(String... args) {
        return new Ran.Setup().server(broker.address()).run(args);
    }

    private Ran ok(String... args) {
        Ran ran = run(args);
        assertThat(ran.exit()).as(ran.err()).isZero();
        return ran;
    }

    @Test
    void listsForPeopleAndForScripts() throws Exception {
        assertThat(ok("deadletter", "list").lines())
                .hasSize(4)
                .element(0)
                .asString()
                .startsWith("GROUP");
        assertThat(ok("deadletter", "list", "billing", "--key", "b").out())
                .contains("orders/0@2", "parked", "handler-error", "IllegalStateException")
                .doesNotContain("orders/0@0");
        JsonNode letters = new ObjectMapper()
                .readTree(ok("deadletter", "list", "billing", "-o", "json").out());
        assertThat(letters).hasSize(3);
        assertThat(letters.get(1).path("id").asText()).isEqualTo("orders/0@1");
        assertThat(letters.get(1).path("reason").asText()).isEqualTo("key-parked");
        assertThat(letters.get(1).path("copyTopic").asText()).isEqualTo("orders.dlq");
        assertThat(ok("deadletter", "list", "--max", "1").out()).endsWith("2 more; --max shows more\n");
        assertThat(ok("deadletter", "list", "nobody").out()).isEqualTo("no dead letters\n");
    }

    @Test
    void showsOneInFull() throws Exception {
        assertThat(ok("deadletter", "show", "billing", "orders/0@0").out())
                .contains("state:     parked since", "trace: t1", "$dl-message: no such account", "{\"total\":1}");
        JsonNode letter = new ObjectMapper()
                .readTree(ok("deadletter", "show", "billing", "orders/0@0", "-o", "json")
                        .out());
        assertThat(letter.path("message").path("headers").path("$dl-attempts").asText())
                .isEqualTo("1");
        Ran missing = run("deadletter", "show", "billing", "orders/0@77");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.err()).contains("group billing has no dead letter orders/0@77");
    }

    @Test
    void replaysAndDiscards() {
        Ran early = run("deadletter", "replay", "billing", "orders/0@1");
        assertThat(early.exit()).isEqualTo(1);
        assertThat(early.out()).isEqualTo("replayed 0\n");
        assertThat(early.err()).contains("left alone orders/0@1: offset 0 of the same key is parked and comes first");
        assertThat(ok("deadletter", "discard", "billing", "orders/0@0", "--why", "closed")
                        .out())
                .isEqualTo("discarded 1\n");
        assertThat(ok("deadletter", "list", "billing", "--ended").out()).contains("discarded");
        assertThat(ok("deadletter", "show", "billing", "orders/0@0").out()).contains(": closed");
        assertThat(ok("deadletter", "replay", "billing", "--all", "-o", "json").out())
                .isEqualTo("{\"replayed\":2,\"skipped\":0,\"reasons\":[]}\n");
        assertThat(ok("topic", "list").out()).doesNotContain("$retry");
        assertThat(ok("topic", "list", "--internal").out()).contains("$retry.billing");
    }

    @Test
    void replaysOneWithAnotherValue() throws Exception {
        Path file = Files.writeString(directory.resolve("mended.json"), "{\"total\":33}");
        assertThat(ok("deadletter", "replay", "billing", "orders/0@0", "--value", "{\"total\":11}")
                        .out())
                .isEqualTo("replayed 1\n");
        assertThat(ok("deadletter", "replay", "billing", "orders/0@2", "--file", file.toString())
                        .out())
                .isEqualTo("replayed 1\n");
        assertThat(ok("deadletter", "show", "billing", "orders/0@0").out())
                .contains("replaying since", "replayed with another value by");
        List<String> handled = new CopyOnWriteArrayList<>();
        CountDownLatch both = new CountDownLatch(2);
        try (MillraceClient client = MillraceClient.connect(broker.address());
                RunningConsumer consumer = client.group("billing")
                        .topics("orders")
                        .onFailure(FailurePolicy.retryThenDeadLetter(1, Duration.ZERO))
                        .start(message -> {
                            handled.add(message + " " + message.keyText() + " " + message.valueText());
                            both.countDown();
                        })) {
            assertThat(both.await(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(handled).containsExactlyInAnyOrder("orders/0@0 a {\"total\":11}", "orders/0@2 b {\"total\":33}");
    }

    @Test
    void anotherValueIsForOneThatIsNamed() {
        for (List<String> chosen :
                List.of(List.of("--all"), List.of("orders/0@0", "orders/0@1"), List.of("orders/0@0", "--key", "a"))) {
            List<String> args = new ArrayList<>(List.of("deadletter", "replay", "billing", "--value", "v"));
            args.addAll(chosen);
            Ran refused = run(args.toArray(String[]::new));
            assertThat(refused.exit()).isEqualTo(2);
            assertThat(refused.err()).contains("another value is for one dead letter. Name it by its id");
        }
        assertThat(run("deadletter", "replay", "billing", "orders/0@0", "--value", "v", "--file", "f")
                        .err())
                .contains("--value and --file exclude each other");
        assertThat(run("deadletter", "replay", "billing", "orders/0@0", "--file", "no-such-file")
                        .err())
                .contains("cannot read no-such-file", "Nothing was replayed");
        assertThat(ok("deadletter", "list", "billing").lines()).hasSize(4);
    }

    @Test
    void asksAPersonBeforeManyAreMoved() {
        Ran refused = new Ran.Setup()
                .server(broker.address())
                .terminal(new Terminal(true, true, true, 100))
                .in("n\n")
                .run("deadletter", "discard", "billing", "--topic", "orders");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("Give up 3 dead letters of group billing? [y/N]", "Nothing was changed");
        assertThat(ok("deadletter", "discard", "billing", "--topic", "orders", "--yes")
                        .out())
                .isEqualTo("discarded 3\n");
    }

    @Test
    void wrongUsageIsSaid() {
        assertThat(Ran.run("deadletter", "show", "billing", "orders-3").err())
                .contains("\"orders-3\" is not the id of a dead letter; one looks like orders/3@4711.");
        assertThat(Ran.run("deadletter", "list", "--max", "0").err()).contains("--max 0 is less than 1.");
        Ran nothing = run("deadletter", "replay", "billing");
        assertThat(nothing.exit()).isEqualTo(2);
        assertThat(nothing.err()).contains("name the dead letters: by id, --topic, --key, or --all.");
    }
}
