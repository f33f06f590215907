package dev.millrace.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.comparison.Results.Growth;
import dev.millrace.comparison.Results.Measured;
import dev.millrace.comparison.Results.Point;
import dev.millrace.docs.MarkdownPage;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

/** The page says what the results file says, good and bad. */
class BenchmarksPageTest {
    private static final Path DOCS = MarkdownPage.PROJECT.resolve("docs");

    @TempDir
    Path directory;

    @Test
    void aRowHasMedianSpreadRatioTargetAndVerdict() throws IOException {
        Results results = sample();
        put(results, Figure.PUBLISH_1K, List.of(300.0, 200.0, 400.0), List.of(100.0, 100.0, 100.0));
        assertThat(page(results))
                .contains("| 1 | Durable publish, 1 KiB records | 300 records/s (200–400) "
                        + "| 100 records/s<br>Kafka without fsync | 3.00× (2.00–4.00) | ≥ 2×, aim 3× | aim met |")
                .contains("Of 1 targets 1 are met, 1 of them with what we aim at; 0 are missed.");
    }

    /** The second round slowed both: the median of the quotients is 2, the quotient of the medians would be 3. */
    @Test
    void theRatioIsTakenRoundByRound() throws IOException {
        Results results = sample();
        put(results, Figure.PUBLISH_1K, List.of(300.0, 20.0, 600.0), List.of(100.0, 10.0, 300.0));
        assertThat(page(results)).contains("| 2.00× (2.00–3.00) | ≥ 2×, aim 3× | met |");
    }

    @Test
    void aTargetThatIsMissedSaysByHowMuch() throws IOException {
        Results results = sample();
        put(results, Figure.PUBLISH_1K, List.of(150.0), List.of(100.0));
        put(results, Figure.LATENCY_P50, List.of(1.4), List.of(1.0));
        put(results, Figure.READY, List.of(1.8), List.of(5.0));
        assertThat(page(results))
                .contains("| 1.50× | ≥ 2×, aim 3× | **MISSED by 25%** |")
                .contains("| 1.40× | ≤ 0.7×, aim 0.4× | **MISSED by 100%** |")
                .contains("| 1.80 s | 5.00 s<br>Kafka | 0.360× | ≤ 1.5 s, aim 0.8 s | **MISSED by 20%** |")
                .contains("Of 3 targets 0 are met, 0 of them with what we aim at; 3 are missed: 1, 6a, 12a.");
    }

    @Test
    void aTargetIsReachedAtItsValueAndMissedJustBesideIt() {
        assertThat(BenchmarksPage.verdict(Figure.PUBLISH_1K, 3.0)).isEqualTo("aim met");
        assertThat(BenchmarksPage.verdict(Figure.PUBLISH_1K, 2.0)).isEqualTo("met");
        assertThat(BenchmarksPage.verdict(Figure.PUBLISH_1K, 1.9999)).isEqualTo("**MISSED by 1%**");
        assertThat(BenchmarksPage.verdict(Figure.CPU_PER_GB, 0.5)).isEqualTo("aim met");
        assertThat(BenchmarksPage.verdict(Figure.CPU_PER_GB, 0.7)).isEqualTo("met");
        assertThat(BenchmarksPage.verdict(Figure.CPU_PER_GB, 0.7001)).isEqualTo("**MISSED by 1%**");
    }

    @Test
    void whereKafkaStandsBetterIsSaidThoughTheTargetIsMet() throws IOException {
        Results results = sample();
        put(results, Figure.MEMORY_IDLE, List.of(240.0), List.of(200.0));
        put(results, Figure.FAN_OUT, List.of(50.0), List.of(100.0));
        put(results, Figure.CATCH_UP, List.of(300.0), List.of(100.0));
        put(results, Figure.PARTITIONS_10000, List.of(90.0), List.of(100.0));
        String wins = section(page(results), "### Where Kafka stands better");
        assertThat(wins)
                .contains("- **Resident memory, idle**: Kafka 200 MiB, Millrace 240 MiB, 1.20× of it.")
                .contains("- **Delivered to 10 groups while published**: Kafka without fsync 100 MiB/s, "
                        + "Millrace 50.0 MiB/s, 0.500× of it.")
                .doesNotContain("Catch-up")
                .doesNotContain("10,000");
    }

    @Test
    void whatCouldNotBeMeasuredIsNamed() throws IOException {
        Results results = sample();
        results.notMeasured().put("fan-out", "failed with 1: millrace bench\nerror: the broker\n is gone");
        assertThat(page(results))
                .contains("- **fan-out could not be measured** when it was last tried: "
                        + "failed with 1: millrace bench error: the broker is gone\n");
    }

    @Test
    void thePageHasMachineVersionsSettingsAndCommands() throws IOException {
        Results results = sample();
        put(results, Figure.PUBLISH_1K, List.of(300.0), List.of(100.0));
        assertThat(page(results))
                .contains("- CPU: a fast one", "- Kafka server: 4.3.1", Contender.HEAP, Contender.KAFKA_JVM)
                .contains("# 1 Durable publish, 1 KiB records: 1 rounds of 10 s, 2026-11-23, abc")
                .contains("millrace bench pub --size 1KiB")
                .doesNotContain("{{");
    }

    @Test
    void everyFigureIsExplainedAndEveryCaseCanBeChosen() throws IOException {
        String measured = section(BenchmarksPage.template(), "## What is measured");
        for (Figure figure : Figure.values()) {
            String number = figure.number.matches("\\d+") ? "\n" + figure.number + ". " : "**" + figure.number + "**";
            assertThat(measured).contains(number);
        }
        assertThat(BenchmarksPage.template())
                .contains("-Dcompare.cases="
                        + String.join(",", new Cases(directory, 1).all().keySet()) + "`");
    }

    @Test
    void everyPictureIsXmlAndOnThePage() throws Exception {
        Results results = sample();
        put(results, Figure.PUBLISH_1K, List.of(300.0, 200.0), List.of(100.0, 100.0));
        put(results, Figure.LATENCY_P50, List.of(9.0, 8.0), List.of(1.0, 1.0));
        for (String growth : List.of("partitions", "groups", "log")) {
            results.growth().put(growth, growth());
        }
        BenchmarksPage.of(results).write(directory);
        String page = Files.readString(directory.resolve("BENCHMARKS.md"));
        Map<String, String> pictures = BenchmarksPage.of(results).pictures();
        assertThat(pictures).hasSize(1 + Plot.values().length);
        for (Map.Entry<String, String> picture : pictures.entrySet()) {
            assertThat(page).contains("(benchmarks/" + picture.getKey() + ")");
            assertThat(directory.resolve("benchmarks/" + picture.getKey())).hasContent(picture.getValue());
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(picture.getValue())));
        }
    }

    @Test
    void aSizeThatOneBrokerWasNotMeasuredAtHasADash() throws IOException {
        Results results = sample();
        results.growth().put("partitions", growth());
        assertThat(page(results)).contains("| 4,096 | 900 | – | 300 | – |").contains("- Kafka: too many files");
    }

    @Test
    void resultsAreReadAsTheyWereWritten() throws IOException {
        Results results = sample();
        put(results, Figure.PUBLISH_1K, List.of(300.0), List.of(100.0));
        results.growth().put("partitions", growth());
        assertThat(Results.parse(results.json())).isEqualTo(results);
    }

    @Test
    void figuresOfAnotherMachineAreNotMixedIn() {
        Results results = sample();
        assertThat(results.sameGroundAs(sample())).isTrue();
        assertThat(results.sameGroundAs(Results.empty(Map.of("CPU", "a slow one"), results.versions())))
                .isFalse();
    }

    /** What is checked in belongs together. */
    @Test
    void thePageInDocsIsMadeOfTheResultsInDocs() throws IOException {
        Results results = Results.read(DOCS.resolve("benchmarks/results.json")).orElseThrow();
        BenchmarksPage made = BenchmarksPage.of(results);
        if (Boolean.getBoolean("benchmarks.regenerate")) {
            made.write(DOCS);
        }
        assertThat(DOCS.resolve("BENCHMARKS.md")).hasContent(made.markdown());
        made.pictures()
                .forEach((file, text) ->
                        assertThat(DOCS.resolve("benchmarks").resolve(file)).hasContent(text));
    }

    private static Results sample() {
        return Results.empty(Map.of("CPU", "a fast one"), Map.of("Kafka server", "4.3.1"));
    }

    private static void put(Results results, Figure figure, List<Double> ours, List<Double> other) {
        results.figures()
                .put(
                        figure,
                        new Measured(ours, other, 10, List.of("millrace bench pub --size 1KiB"), "2026-11-23, abc"));
    }

    private static Growth growth() {
        Map<String, Double> values = Map.of(
                "recordsPerSecond", 900.0, "memoryMebibytes", 300.0, "startSeconds", 1.0, "mebibytesPerSecond", 70.0);
        List<Point> points = List.of(
                new Point("Millrace", 1, values), new Point("Millrace", 4096, values), new Point("Kafka", 1, values));
        return new Growth(points, List.of("Kafka: too many files"), "2026-11-23, abc");
    }

    private static String page(Results results) throws IOException {
        return BenchmarksPage.of(results).markdown();
    }

    private static String section(String page, String heading) {
        String from = page.substring(page.indexOf(heading) + heading.length());
        int end = from.indexOf("\n#");
        return end < 0 ? from : from.substring(0, end);
    }
}
