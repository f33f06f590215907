package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each command of {@code millrace bench} against a real broker, with little to do. */
@Timeout(120)
final class BenchCommandTest {
    @TempDir
    static Path directory;

    private static EmbeddedMillrace broker;

    @BeforeAll
    static void start() {
        broker = EmbeddedMillrace.start(directory.resolve("data"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    @Test
    void pubReportsWhatAPersonAndAScriptNeed() throws IOException {
        JsonNode report = json("pub --records 500 --warmup 0s --size 200B --partitions 2 --seed 17");
        assertThat(report.get("recordsPerSecond").asDouble()).isPositive();
        assertThat(report.get("mebibytesPerSecond").asDouble()).isPositive();
        double last = 0;
        for (String percentile : List.of("p50", "p99", "p999", "max")) {
            double ms = report.get("latencyMillis").get(percentile).asDouble();
            assertThat(ms).as(percentile).isPositive().isGreaterThanOrEqualTo(last);
            last = ms;
        }
        assertThat(report.get("clientCpuSeconds").isNumber()).isTrue();
        // The broker is inside this process, so its share is unknown.
        assertThat(report.get("brokerCpuSeconds").isNull()).isTrue();
        assertThat(report.get("errors").asLong(-1)).isZero();
        assertThat(report.get("records").asLong()).isEqualTo(500);
        assertThat(report.get("bytes").asLong()).isEqualTo(100_000);
        assertThat(report.get("delivered").isNull()).isTrue();
        assertThat(report.get("syncMode").asText()).contains("fsync");
        assertThat(report.get("disk").asText()).contains(directory.toString());
        assertThat(report.get("jvm").asText()).contains("heap");
        assertThat(report.get("settings").get("seed").asLong()).isEqualTo(17);
        assertThat(topics()).isEmpty();
    }

    @Test
    void pubShowsPeopleTheSame() {
        Ran ran = bench("pub --target millrace://" + broker.address() + " --records 100 --warmup 0s");
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out())
                .contains("100 records, 100 KiB")
                .contains("p99.9")
                .contains("client ")
                .contains("broker unknown")
                .contains("fsync before every acknowledgement");
    }

    @Test
    void waitingPublishersKeepARate() throws IOException {
        JsonNode report =
                json("pub --publishers 3 --clients 2 --rate 200 --records 60 --warmup 100ms --key-dist zipf --keys 10");
        assertThat(report.get("records").asLong()).isEqualTo(60);
        assertThat(report.get("recordsPerSecond").asDouble()).isLessThan(240);
        assertThat(report.get("seconds").asDouble()).isGreaterThan(0.25);
    }

    @Test
    void subReadsWhatIsThereOnceForEachGroup() throws IOException {
        json("pub --topic kept --keep --records 300 --warmup 0s --partitions 2");
        assertThat(topics()).containsExactly("kept");

        JsonNode groups = json("sub --topic kept --groups 2 --consumers 2 --warmup 50ms");
        assertThat(groups.get("records").asLong()).isEqualTo(600);
        assertThat(groups.get("recordsPerSecond").asDouble()).isPositive();
        assertThat(groups.get("latencyMillis").get("p50").isNull()).isTrue();
        JsonNode alone = json("sub --topic kept --groups 0 --consumers 2 --warmup 0s");
        assertThat(alone.get("records").asLong()).isEqualTo(300);

        try (MillraceClient client = MillraceClient.connect(broker.address())) {
            assertThat(client.admin().listGroups()).isEmpty();
            // What another run created stays.
            assertThat(client.admin().describeTopic("kept").messages()).isEqualTo(300);
            client.admin().deleteTopic("kept");
        }
    }

    @Test
    void everyRecordIsThePayloadThatIsGiven() throws IOException {
        Path event = Files.writeString(directory.resolve("event.json"), "{\"total\":7}");
        JsonNode report = json("pub --topic given --keep --records 20 --warmup 0s --payload " + event);
        assertThat(report.get("bytes").asLong()).isEqualTo(20 * 11);
        try (MillraceClient client = MillraceClient.connect(broker.address());
                Consumer consumer = client.consumer()
                        .topics("given")
                        .from(StartFrom.earliest())
                        .open()) {
            assertThat(consumer.poll(Duration.ofSeconds(30)).get(0).valueText()).isEqualTo("{\"total\":7}");
            client.admin().deleteTopic("given");
        }
        assertThat(bench("pub --payload " + event + " --size 1KiB").err()).contains("leave --size");
        assertThat(bench("e2e --payload " + event).err()).contains("Use it with bench pub");
        assertThat(bench("pub --payload " + directory).err()).contains("cannot be read");
    }

    @Test
    void e2eMeasuresDeliveries() throws IOException {
        Path hgrm = directory.resolve("e2e.hgrm");
        JsonNode report = json("e2e --rate 500 --records 100 --warmup 100ms --groups 2 --size 64B --hgrm " + hgrm);
        assertThat(report.get("records").asLong()).isEqualTo(100);
        assertThat(report.get("delivered").get("records").asLong()).isEqualTo(200);
        assertThat(report.get("latencyMillis"))
                .isEqualTo(report.get("delivered").get("latencyMillis"));
        assertThat(report.get("latencyMillis").get("p50").asDouble()).isPositive();
        assertThat(Files.readString(hgrm)).contains("Percentile").contains("Total count    =          200");
        assertThat(topics()).isEmpty();
    }

    @Test
    void mixedMeasuresBothSides() throws IOException {
        Path csv = directory.resolve("mixed.csv");
        JsonNode report = json("mixed --records 400 --warmup 0s --partitions 2 --consumers 2 --csv " + csv);
        assertThat(report.get("records").asLong()).isEqualTo(400);
        assertThat(report.get("delivered").get("records").asLong()).isEqualTo(400);
        assertThat(report.get("latencyMillis").get("p50").asDouble()).isPositive();
        List<String> lines = Files.readAllLines(csv);
        assertThat(lines.get(0)).startsWith("fromSeconds,seconds,records,bytes,errors,p50Millis");
        assertThat(lines.stream()
                        .skip(1)
                        .mapToLong(line -> Long.parseLong(line.split(",")[2]))
                        .sum())
                .isEqualTo(400);
    }

    @Test
    void manySpreadsOverAllTopics() throws IOException {
        json("many --topics 5 --partitions 3 --records 50 --warmup 0s --keep --topic spread");
        List<TopicInfo> found;
        try (MillraceClient client = MillraceClient.connect(broker.address())) {
            found = new ArrayList<>(client.admin().listTopics());
            found.forEach(topic -> client.admin().deleteTopic(topic.name()));
        }
        assertThat(found).hasSize(5).allMatch(topic -> topic.name().startsWith("spread-000"));
        assertThat(found)
                .allMatch(topic -> topic.messages() == 10 && topic.partitions().size() == 3);
    }

    @Test
    void suiteRunsAllItsCases() throws IOException {
        Ran ran = bench("suite --duration 150ms --warmup 0s --json");
        // On a busy machine 150 ms may be too short for a rate; nothing else may be said.
        assertThat(ran.err().lines()).allMatch(line -> line.contains("were due but could not be published in time"));
        assertThat(ran.exit()).isZero();
        JsonNode reports = new ObjectMapper().readTree(ran.out());
        assertThat(reports).hasSize(8);
        for (JsonNode report : reports) {
            assertThat(report.get("recordsPerSecond").asDouble())
                    .as(report.get("case").asText())
                    .isPositive();
            assertThat(report.get("errors").asLong(-1)).isZero();
        }
        assertThat(topics()).isEmpty();
    }

    @Test
    void saysWhatIsMissing() {
        assertThat(bench("sub --topic nowhere").err()).contains("there is no topic nowhere to read");
        assertThat(Ran.run("bench", "pub", "--target", "kafka://127.0.0.1:1").err())
                .contains("no broker listens at kafka://127.0.0.1:1");
    }

    @Test
    void saysWhyNothingWasAcknowledged() {
        Ran ran = bench("pub --size 20MiB --records 3 --warmup 0s");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err())
                .startsWith("error: none of 3 records was acknowledged; the first failed with: MESSAGE_TOO_LARGE");
        assertThat(topics()).isEmpty();
    }

    private static JsonNode json(String line) throws IOException {
        Ran ran = bench(line + " --json");
        // Not that it is empty: on a machine that stalls for seconds, records at a rate go unsent, which is told there.
        assertThat(ran.exit()).as(ran.err()).isZero();
        return new ObjectMapper().readTree(ran.out());
    }

    private static Ran bench(String line) {
        List<String> words = new ArrayList<>(List.of("bench"));
        words.addAll(List.of(line.split(" ")));
        return new Ran.Setup().server(broker.address()).run(words.toArray(String[]::new));
    }

    private static List<String> topics() {
        try (MillraceClient client = MillraceClient.connect(broker.address())) {
            return client.admin().listTopics().stream().map(TopicInfo::name).toList();
        }
    }
}
