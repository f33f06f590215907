package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** The commands against a real broker. */
class CommandsTest {
    private static final String QUIET = "400ms";

    @TempDir
    static Path data;

    @TempDir
    Path dir;

    private static EmbeddedMillrace broker;
    private final ObjectMapper jackson = new ObjectMapper();
    private String topic;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedMillrace.start(data);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @BeforeEach
    void createTopic(TestInfo test) {
        topic = test.getTestMethod().orElseThrow().getName();
        ok("topic", "create", topic, "--partitions", "4");
    }

    // ---- topics

    @Test
    void topicsAreCreatedShownChangedAndDeleted() throws Exception {
        Ran created = ok(
                "topic", "create", "orders.eu", "--partitions", "3", "--retention", "7d", "--set", "messageSize=64KiB");
        assertThat(created.out()).isEqualTo("created topic orders.eu: 3 partitions, messageSize=64KiB retention=7d\n");
        JsonNode described = json(ok("topic", "describe", "orders.eu", "-o", "json"));
        assertThat(described.get("settings").get("retention").asText()).isEqualTo("7d");
        assertThat(described.get("partitions")).hasSize(3);
        assertThat(described.at("/partitions/2/endOffset").asLong()).isZero();
        assertThat(ok("topic", "describe", "orders.eu").out()).contains("settings:  messageSize=64KiB retention=7d");

        ok("topic", "alter", "orders.eu", "--partitions", "5", "--retention-bytes", "1GiB", "--unset", "retention");
        JsonNode altered = json(ok("topic", "describe", "orders.eu", "-o", "json"));
        assertThat(altered.get("partitions")).hasSize(5);
        assertThat(altered.get("settings").has("retention")).isFalse();
        assertThat(altered.at("/settings/retentionBytes").asText()).isEqualTo("1GiB");

        assertThat(ok("topic", "list", "orders.*").lines())
                .hasSize(2)
                .last()
                .asString()
                .startsWith("orders.eu");
        assertThat(json(ok("topic", "list", "-o", "json")).findValuesAsText("name"))
                .contains("orders.eu", topic);
        assertThat(json(ok("topic", "delete", "orders.eu", "--yes", "-o", "json"))
                        .get("deleted")
                        .asText())
                .isEqualTo("orders.eu");
        assertThat(ok("topic", "list", "orders.*").out()).isEqualTo("no topics\n");
    }

    @Test
    void deletingAsksAPersonFirst() {
        Terminal screen = new Terminal(true, false, true, 80);
        Ran no = world().terminal(screen).in("n\n").run("topic", "delete", topic);
        assertThat(no.exit()).isEqualTo(1);
        assertThat(no.err())
                .isEqualTo("Delete topic " + topic + " with 0 messages (0 B)? [y/N] error: not confirmed. Nothing was"
                        + " changed.\n");
        assertThat(world().terminal(screen).in("").run("topic", "delete", topic).exit())
                .isEqualTo(1);
        ok("topic", "describe", topic);
        assertThat(world().terminal(screen)
                        .in("yes\n")
                        .run("topic", "delete", topic)
                        .exit())
                .isZero();
        assertThat(run("topic", "describe", topic).exit()).isEqualTo(1);
    }

    @Test
    void whatTheBrokerRefusesIsOneMessageWithARemedy() {
        assertThat(run("topic", "create", topic))
                .isEqualTo(
                        new Ran(
                                1,
                                "",
                                "error: topic \"" + topic
                                        + "\" exists already. Use the existing topic, or choose another name. [TOPIC_EXISTS]\n"));
        for (String[] command : new String[][] {
            {"topic", "create", "a b"},
            {"topic", "create", "x", "--retention", "7x"},
            {"topic", "alter", topic, "--partitions", "1"},
            {"topic", "describe", "nowhere"},
            {"topic", "delete", "nowhere", "--yes"},
            {"pub", "nowhere", "v"},
            {"pub", topic, "v", "--partition", "99"},
            {"sub", "nowhere", "--max", "1"},
            {"sub", topic, "--from", "99"},
            {"group", "describe", "nobody"},
            {"group", "delete", "nobody"},
        }) {
            Ran ran = run(command);
            assertThat(ran.exit()).as("%s", List.of(command)).isEqualTo(1);
            assertThat(ran.out()).isEmpty();
            assertThat(ran.err())
                    .startsWith("error: ")
                    .endsWith("]\n")
                    .hasLineCount(1)
                    .doesNotContain("Exception");
        }
    }

    @Test
    void aBrokerThatIsNotThereIsNamed() {
        Ran ran = new Ran.Setup().server("127.0.0.1:1").run("topic", "list");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err()).startsWith("error: ").contains("127.0.0.1:1").endsWith("[CONNECT_FAILED]\n");
        Ran doctor = new Ran.Setup().server("127.0.0.1:1").run("doctor");
        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.out()).startsWith("fail  connect  ").contains("127.0.0.1:1");
    }

    @Test
    void stackTracesAreForThoseWhoAsk() {
        assertThat(run("topic", "describe", "nowhere", "--debug").err()).contains("\tat dev.millrace.");
    }

    // ---- doctor

    @Test
    void doctorFindsTheBrokerWell() throws Exception {
        Ran text = ok("doctor");
        assertThat(text.lines()).allMatch(line -> line.matches("(ok  |warn)  .*"));
        assertThat(text.out())
                .contains("connect", "clock", "disk free", "listeners.native")
                .contains(broker.address());
        JsonNode checks = json(ok("doctor", "-o", "json"));
        assertThat(checks.findValuesAsText("check")).contains("connect", "versions", "clock", "status", "disk free");
    }

    // ---- pub and sub

    @Test
    void aMessageComesBackAsItWasSent() throws Exception {
        Ran published = ok("pub", topic, "grüße", "--key", "k", "-H", "a=1", "-H", "a=2", "-H", "b==", "--time", "0");
        assertThat(published.out()).matches("published to " + topic + ", partition \\d, offset 0\n");
        JsonNode message = json(ok("sub", topic, "--from", "earliest", "--max", "1"));
        assertThat(message.get("topic").asText()).isEqualTo(topic);
        assertThat(message.get("offset").asLong()).isZero();
        assertThat(message.get("timestamp").asLong()).isZero();
        assertThat(message.get("key").asText()).isEqualTo("k");
        assertThat(message.get("headers").toString()).isEqualTo("{\"a\":[\"1\",\"2\"],\"b\":\"=\"}");
        assertThat(message.get("value").asText()).isEqualTo("grüße");
        assertThat(ok("sub", topic, "--from", "earliest", "--max", "1", "--format", "value")
                        .out())
                .isEqualTo("grüße\n");
        assertThat(json(ok("pub", topic, "v", "--partition", "2", "-o", "json")).toString())
                .isEqualTo("{\"line\":1,\"partition\":2,\"offset\":"
                        + (message.get("partition").asInt() == 2 ? 1 : 0) + "}");
    }

    @Test
    void bytesThatAreNoTextAreShownAsBase64() throws Exception {
        try (MillraceClient client = MillraceClient.connect(broker.address());
                Producer producer = client.producer().build()) {
            producer.publish(Message.of(topic, new byte[] {(byte) 0xff}, null));
        }
        JsonNode message = json(ok("sub", topic, "--from", "earliest", "--max", "1"));
        assertThat(message.get("key").toString()).isEqualTo("{\"base64\":\"/w==\"}");
        assertThat(message.get("value").isNull()).isTrue();
    }

    @Test
    void everyLineOfAFileIsAcknowledgedOnce() throws Exception {
        Path file = dir.resolve("events.jsonl");
        List<String> events = new ArrayList<>();
        for (int i = 0; i < 5000; i++)
            events.add("{\"path\":\"file-" + i % 97 + "\",\"time\":" + (1_312_242_084 + i) + "}");
        Files.write(file, events);
        Ran published = ok(
                "pub",
                topic,
                "--file",
                file.toString(),
                "--key-pointer",
                "/path",
                "--time-pointer",
                "/time",
                "--compression",
                "zstd",
                "-o",
                "json");
        Set<Integer> lines = new TreeSet<>();
        for (String line : published.lines()) {
            JsonNode ack = jackson.readTree(line);
            lines.add(ack.get("line").asInt());
            assertThat(ack.has("partition") && ack.has("offset")).isTrue();
        }
        assertThat(published.lines()).hasSize(5000);
        assertThat(lines).hasSize(5000).contains(1, 5000);

        Ran read = ok("sub", topic, "--from", "earliest", "--max", "5000");
        assertThat(read.lines()).hasSize(5000);
        JsonNode first = jackson.readTree(read.lines().get(0));
        JsonNode value = jackson.readTree(first.get("value").asText());
        assertThat(first.get("key").asText()).isEqualTo(value.get("path").asText());
        assertThat(first.get("timestamp").asLong()).isEqualTo(value.get("time").asLong() * 1000);

        Ran summary = world().in("a\nb\n").run("pub", topic, "--file", "-");
        assertThat(summary.out()).matches("published 2 records, 2 B in .*: .* records/s, .*/s\n");
    }

    @Test
    void aBadLineStopsAfterWhatWasBeforeIt() {
        String input = "{\"k\":1}\n{\"k\":2}\n{\"x\":3}\n{\"k\":4}\n";
        Ran stopped = world().in(input).run("pub", topic, "--file", "-", "--key-pointer", "/k", "-o", "json");
        assertThat(stopped.exit()).isEqualTo(1);
        assertThat(stopped.lines()).hasSize(2);
        assertThat(stopped.err())
                .isEqualTo(
                        "error: line 3 has nothing at /k. Correct the line, or leave out such lines with --skip-bad. 2"
                                + " records were acknowledged; the first line without acknowledgement is 3.\n");
        Ran skipped =
                world().in(input).run("pub", topic, "--file", "-", "--key-pointer", "/k", "--skip-bad", "-o", "json");
        assertThat(skipped.exit()).isZero();
        assertThat(skipped.lines()).hasSize(3);
        assertThat(skipped.err())
                .isEqualTo("warning: line 3 has nothing at /k; skipped.\nwarning: lines skipped: 1.\n");
    }

    @Test
    void aBatchThatTheBrokerRefusesStopsPub() {
        ok("topic", "alter", topic, "--set", "messageSize=1KiB");
        String input = "small\n" + "x".repeat(100_000) + "\nsmall\n";
        Ran stopped = world().in(input).run("pub", topic, "--file", "-");
        assertThat(stopped.exit()).isEqualTo(1);
        assertThat(stopped.err())
                .startsWith("error: line ")
                .contains("was not acknowledged", "record", "[MESSAGE_TOO_LARGE]", "the first line without");
    }

    @Test
    void stoppingPubTellsWhatWasAcknowledged() throws Exception {
        StopSignal stop = new StopSignal();
        PipedInputStream in = new PipedInputStream();
        CountDownLatch acknowledged = new CountDownLatch(1);
        Seen out = new Seen("\"line\":2", acknowledged);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (PipedOutputStream typing = new PipedOutputStream(in)) {
            CompletableFuture<Integer> exit = CompletableFuture.supplyAsync(() -> world().in(in)
                    .stop(stop)
                    .run(new StandardOutput(out), err, "pub", topic, "--file", "-", "-o", "json"));
            typing.write("one\ntwo\nthr".getBytes(StandardCharsets.UTF_8));
            typing.flush();
            assertThat(acknowledged.await(20, TimeUnit.SECONDS)).isTrue();
            stop.request();
            assertThat(exit.get(20, TimeUnit.SECONDS)).isEqualTo(1);
        }
        assertThat(err.toString(StandardCharsets.UTF_8))
                .isEqualTo("error: stopped before the end. 2 records were acknowledged; the first line without"
                        + " acknowledgement is 3.\n");
    }

    @Test
    void progressIsShownToAPersonOnly() throws Exception {
        Path file = Files.writeString(dir.resolve("lines"), "x\n".repeat(1000));
        Ran watched =
                world().terminal(new Terminal(false, false, true, 80)).run("pub", topic, "--file", file.toString());
        assertThat(watched.exit()).isZero();
        assertThat(watched.err()).endsWith("\r\u001b[K");
        assertThat(ok("pub", topic, "--file", file.toString()).err()).isEmpty();
    }

    @Test
    void subStartsWhereItIsTold() {
        for (int i = 0; i < 4; i++) {
            ok("pub", topic, "v" + i, "--partition", "1", "--time", 1_000_000_000 + i * 1000 + "");
        }
        assertThat(values("--from", "earliest")).containsExactly("v0", "v1", "v2", "v3");
        assertThat(values("--from", "2", "--partition", "1")).containsExactly("v2", "v3");
        assertThat(values("--from", "@1000001000")).containsExactly("v1", "v2", "v3");
        assertThat(values("--from", "2001-09-09T02:20:00Z")).containsExactly("v2", "v3");
        assertThat(values("--from", "-1h")).isEmpty();
        assertThat(values()).isEmpty();
        assertThat(values("--from", "earliest", "--partition", "0")).isEmpty();
        assertThat(values("--from", "earliest", "--max", "2")).containsExactly("v0", "v1");
    }

    @Test
    void aWildcardReadsAllTopicsBelowIt() {
        ok("topic", "create", "wild.a", "--partitions", "1");
        ok("topic", "create", "wild.b.c", "--partitions", "1");
        ok("pub", "wild.a", "1");
        ok("pub", "wild.b.c", "2");
        assertThat(ok("sub", "wild.>", "--from", "earliest", "--idle-exit", QUIET, "--format", "value")
                        .lines())
                .containsExactlyInAnyOrder("1", "2");
        assertThat(ok("sub", "wild.*", "--from", "earliest", "--idle-exit", QUIET, "--format", "value")
                        .lines())
                .containsExactly("1");
    }

    // ---- groups

    @Test
    void aGroupGoesOnAfterWhatWasPrinted() throws Exception {
        publishNumbers(1000);
        List<String> first = ok("sub", topic, "--group", topic, "--max", "10", "--format", "value")
                .lines();
        assertThat(first).hasSize(10);
        List<String> rest = ok("sub", topic, "--group", topic, "--idle-exit", "2s", "--format", "value")
                .lines();
        assertThat(rest).hasSize(990).doesNotContainAnyElementsOf(first);
        JsonNode group = json(ok("group", "describe", topic, "-o", "json"));
        assertThat(group.get("lagMessages").asLong()).isZero();
        assertThat(group.get("members")).isEmpty();
        assertThat(group.get("partitions").findValuesAsText("committedOffset").stream()
                        .mapToLong(Long::parseLong)
                        .sum())
                .isEqualTo(1000);
        assertThat(ok("group", "describe", topic).out()).contains("lag:         0 messages, 0s", "no members");
        assertThat(json(ok("group", "list", "-o", "json")).findValuesAsText("group"))
                .contains(topic);
        assertThat(ok("group", "list").out()).contains("GROUP", topic);
    }

    @Test
    void stoppingSubCommitsWhatItPrinted() throws Exception {
        publishNumbers(500);
        StopSignal stop = new StopSignal();
        CountDownLatch printed = new CountDownLatch(1);
        Seen out = new Seen("\n", printed);
        CompletableFuture<Integer> exit = CompletableFuture.supplyAsync(() -> world().stop(stop)
                .run(
                        new StandardOutput(out),
                        new ByteArrayOutputStream(),
                        "sub",
                        topic,
                        "--group",
                        topic,
                        "--format",
                        "value"));
        assertThat(printed.await(20, TimeUnit.SECONDS)).isTrue();
        JsonNode members = json(ok("group", "describe", topic, "-o", "json")).get("members");
        assertThat(members).hasSize(1);
        assertThat(members.get(0).get("clientId").asText()).isEqualTo("millrace-cli");
        assertThat(run("group", "reset", topic, "--topic", topic, "--to", "latest")
                        .err())
                .contains("[GROUP_NOT_EMPTY]");
        stop.request();
        assertThat(exit.get(20, TimeUnit.SECONDS)).isZero();
        long shown = out.text().lines().count();
        assertThat(committed(topic)).isEqualTo(shown);
    }

    @Test
    void aReaderThatGoesAwayEndsSubQuietlyAndWhatItDidNotGetIsNotCommitted() throws Exception {
        publishNumbers(5000);
        Seen read = new Seen("\n", new CountDownLatch(1));
        OutputStream head = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                if (!read.text().isEmpty()) throw new IOException("Broken pipe");
                read.write(bytes, offset, length);
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = world().run(new StandardOutput(head), err, "sub", topic, "--group", topic, "--format", "value");
        assertThat(exit).isZero();
        assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
        assertThat(committed(topic)).isEqualTo(read.text().lines().count()).isLessThan(5000);
    }

    @Test
    void aFullDiskUnderTheOutputIsAnErrorAndCommitsNothing() throws Exception {
        publishNumbers(10);
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = world().run(new StandardOutput(full), err, "sub", topic, "--group", topic);
        assertThat(exit).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("error: standard output cannot be written (No space left on device).");
        assertThat(ok("sub", topic, "--group", topic, "--idle-exit", "2s").lines())
                .hasSize(10);
    }

    @Test
    void resetShowsThePlanAndThenDoesIt() throws Exception {
        publishNumbers(100);
        ok("sub", topic, "--group", topic, "--idle-exit", "2s");
        Ran plan = ok("group", "reset", topic, "--topic", topic, "--to", "earliest", "--dry-run");
        assertThat(plan.lines()).hasSize(6).last().isEqualTo("nothing changed (--dry-run)");
        assertThat(plan.lines().get(0)).matches("TOPIC +PARTITION +BEFORE +AFTER +CHANGE");
        assertThat(committed(topic)).isEqualTo(100);
        JsonNode done = json(ok("group", "reset", topic, "--topic", topic, "--to", "earliest", "-o", "json"));
        assertThat(done.get("dryRun").asBoolean()).isFalse();
        assertThat(done.get("partitions").findValuesAsText("after")).containsOnly("0");
        assertThat(committed(topic)).isZero();
        ok("group", "reset", topic, "--topic", topic, "--to", "latest", "--partition", "1");
        assertThat(json(ok("group", "describe", topic, "-o", "json"))
                        .get("lagMessages")
                        .asLong())
                .isBetween(1L, 99L);
        assertThat(ok("group", "delete", topic).out()).isEqualTo("deleted group " + topic + "\n");
        assertThat(run("group", "describe", topic).exit()).isEqualTo(1);
    }

    private long committed(String group) throws IOException {
        long sum = 0;
        for (JsonNode partition :
                json(ok("group", "describe", group, "-o", "json")).get("partitions")) {
            sum += Math.max(0, partition.get("committedOffset").asLong());
        }
        return sum;
    }

    /** One number per message, spread over all partitions. */
    private void publishNumbers(int count) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) lines.append("{\"n\":").append(i).append("}\n");
        Ran ran = world().in(lines.toString()).run("pub", topic, "--file", "-", "--key-pointer", "/n");
        assertThat(ran.exit()).as(ran.err()).isZero();
    }

    private List<String> values(String... options) {
        List<String> args = new ArrayList<>(List.of("sub", topic, "--idle-exit", QUIET, "--format", "value"));
        args.addAll(List.of(options));
        return ok(args.toArray(String[]::new)).lines();
    }

    // ---- streams

    @Test
    void streamsAreAppendedToReadAndLookedAfter() throws Exception {
        ok("topic", "create", "events", "--partitions", "3", "--set", "stream.index=key+tags");
        JsonNode appended = json(ok(
                "stream",
                "append",
                "events",
                "o-1",
                "one",
                "--type",
                "Placed",
                "--expect",
                "none",
                "--id",
                "id-1",
                "--time",
                "1000",
                "-o",
                "json"));
        assertThat(appended.get("version").asLong()).isZero();
        assertThat(ok(
                                "stream",
                                "append",
                                "events",
                                "o-1",
                                "one",
                                "--type",
                                "Placed",
                                "--expect",
                                "none",
                                "--id",
                                "id-1")
                        .out())
                .startsWith("was appended before to events o-1: version 0");
        ok("stream", "append", "events", "o-1", "two", "--expect", "0", "--tag", "x", "--time", "2000");
        Ran refused = run("stream", "append", "events", "o-1", "three", "--expect", "0");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("expected 0, but its last version is 1", "[WRONG_EXPECTED_VERSION]");
        Path file = Files.writeString(dir.resolve("value"), "three");
        ok("stream", "append", "events", "o-1", "--file", file.toString(), "--expect", "exists");

        List<String> lines = ok("stream", "read", "events", "o-1").lines();
        assertThat(lines).hasSize(3);
        JsonNode first = jackson.readTree(lines.get(0));
        assertThat(first.get("version").asLong()).isZero();
        assertThat(first.get("type").asText()).isEqualTo("Placed");
        assertThat(first.get("value").asText()).isEqualTo("one");
        assertThat(first.get("timestamp").asLong()).isEqualTo(1_000_000);
        assertThat(ok("stream", "read", "events", "o-1", "--backward", "--max", "1")
                        .out())
                .contains("\"three\"");
        assertThat(ok("stream", "read", "events", "o-1", "--from", "1", "--as-of", "2000")
                        .lines())
                .hasSize(1);

        JsonNode latest = json(ok("stream", "latest", "events", "--as-of", "1500", "--prefix", "o-"));
        assertThat(latest.toString())
                .isEqualTo("{\"key\":\"o-1\",\"version\":0,\"timestamp\":1000000,\"value\":\"one\"}");
        assertThat(json(ok("stream", "list", "events", "-o", "json"))
                        .at("/0/lastVersion")
                        .asLong())
                .isEqualTo(2);
        assertThat(ok("stream", "truncate", "events", "o-1", "--before", "1", "--max-count", "5")
                        .out())
                .contains("versions:  1 to 2", "the last 5 events");
        assertThat(ok("stream", "erase", "events", "o-1", "--from", "1", "--to", "1", "--yes")
                        .out())
                .contains("erased:    at ");
        assertThat(jackson.readTree(
                                ok("stream", "read", "events", "o-1").lines().get(0))
                        .get("value")
                        .isNull())
                .isTrue();
        assertThat(json(ok("stream", "delete", "events", "o-1", "--expect", "2", "--yes", "-o", "json"))
                        .get("state")
                        .asText())
                .isEqualTo("deleted");
        assertThat(run("stream", "read", "events", "o-1").err()).contains("[STREAM_NOT_FOUND]");
        assertThat(run("stream", "append", topic, "o-1", "x").err()).contains("[INDEX_DISABLED]");
    }

    @Test
    void linesPublishedToATopicWithStreamsAreAppendedToThem() throws Exception {
        ok("topic", "create", "files", "--set", "stream.index=key", "--partitions", "2");
        Path file = Files.writeString(
                dir.resolve("lines"), "{\"k\":\"a\",\"n\":1}\n{\"k\":\"b\",\"n\":2}\n{\"k\":\"a\",\"n\":3}\n");
        ok("pub", "files", "--file", file.toString(), "--key-pointer", "/k");
        assertThat(ok("stream", "read", "files", "a").lines()).hasSize(2);
        assertThat(ok("stream", "latest", "files").lines()).hasSize(2);
        Ran refused = run("pub", "files", "no key");
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("it has no key, which names its stream");
    }

    private static Ran.Setup world() {
        return new Ran.Setup().server(broker.address());
    }

    private static Ran run(String... args) {
        return world().run(args);
    }

    private static Ran ok(String... args) {
        Ran ran = run(args);
        assertThat(ran.exit()).as("%s\n%s", List.of(args), ran.err()).isZero();
        return ran;
    }

    private JsonNode json(Ran ran) throws IOException {
        assertThat(ran.lines()).hasSize(1);
        return jackson.readTree(ran.out());
    }

    /** Output that tells when a text has appeared in it. */
    private static final class Seen extends OutputStream {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final String awaited;
        private final CountDownLatch seen;

        Seen(String awaited, CountDownLatch seen) {
            this.awaited = awaited;
            this.seen = seen;
        }

        @Override
        public synchronized void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public synchronized void write(byte[] added, int offset, int length) {
            bytes.write(added, offset, length);
            if (text().contains(awaited)) seen.countDown();
        }

        synchronized String text() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }
}
