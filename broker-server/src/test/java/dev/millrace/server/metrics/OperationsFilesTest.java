package dev.millrace.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboard and the alerts that config/ ships: they ask for what there is, and the docs say what to do. */
class OperationsFilesTest {
    private static final Path CONFIG = Path.of("..", "config");
    private static final Path ALERTS = CONFIG.resolve("prometheus/millrace-alerts.yaml");
    private static final Path DASHBOARD = CONFIG.resolve("grafana/millrace-dashboard.json");
    private static final Path DOC = Path.of("..", "docs", "OPERATIONS.md");
    private static final Path PROMTOOL_TESTS = Path.of("src/test/resources/millrace-alerts-test.yaml");
    private static final Pattern NAME = Pattern.compile("\\b(?:millrace|jvm|process|system|netty)_[a-z0-9_]+");

    @Test
    void everyMetricOfAnAlertExists() throws Exception {
        List<String> expressions = new ArrayList<>();
        for (JsonNode rule : alerts()) {
            expressions.add(rule.path("expr").asText());
        }
        assertExist(expressions);
    }

    @Test
    void everyMetricOfTheDashboardExists() throws Exception {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        List<String> expressions = new ArrayList<>();
        dashboard.findValuesAsText("expr", expressions);
        dashboard.findValuesAsText("definition", expressions);
        assertExist(expressions);
    }

    @Test
    void everyAlertHasItsSectionInTheDocsAndIsComplete() throws Exception {
        String doc = Files.readString(DOC);
        Set<String> names = new TreeSet<>();
        for (JsonNode rule : alerts()) {
            String name = rule.path("alert").asText();
            assertThat(names.add(name)).as(name + " is there once").isTrue();
            assertThat(doc).contains("| `" + name + "` |");
            assertThat(rule.at("/labels/severity").asText()).as(name).isIn("critical", "warning", "info");
            assertThat(rule.at("/annotations/summary").asText()).as(name).isNotBlank();
            assertThat(rule.at("/annotations/description").asText()).as(name).isNotBlank();
        }
        Set<String> documented = new TreeSet<>();
        Pattern.compile("^\\| `(Millrace\\w+)` \\|", Pattern.MULTILINE)
                .matcher(doc)
                .results()
                .forEach(match -> documented.add(match.group(1)));
        assertThat(documented).isEqualTo(names);
    }

    @Test
    void panelsOfTheDashboardHaveTitlesUnitsAndNoOverlap() throws Exception {
        Set<String> taken = new TreeSet<>();
        for (JsonNode panel : new ObjectMapper().readTree(DASHBOARD.toFile()).path("panels")) {
            assertThat(panel.path("title").asText()).isNotBlank();
            JsonNode place = panel.path("gridPos");
            for (int x = 0; x < place.path("w").asInt(); x++) {
                int column = place.path("x").asInt() + x;
                assertThat(column).isLessThan(24);
                assertThat(taken.add(column + "/" + place.path("y").asInt()))
                        .as(panel.path("title").asText())
                        .isTrue();
            }
            assertThat(panel.path("type").asText().equals("row")
                            || panel.at("/fieldConfig/defaults/unit").isTextual())
                    .isTrue();
        }
    }

    /** Where this machine has Prometheus' own tool. */
    @Test
    void promtoolAcceptsTheRulesAndTheyFireWhenTheyShould(@TempDir Path dir) throws Exception {
        Assumptions.assumeTrue(run("promtool", "--version").exit() == 0, "no promtool on the path");
        Ran check = run("promtool", "check", "rules", ALERTS.toString());
        assertThat(check.exit()).as(check.output()).isZero();
        Path tests = dir.resolve("tests.yaml");
        Files.writeString(
                tests,
                Files.readString(PROMTOOL_TESTS)
                        .replace("RULES", ALERTS.toRealPath().toString()));
        Ran test = run("promtool", "test", "rules", tests.toString());
        assertThat(test.exit()).as(test.output()).isZero();
    }

    private record Ran(int exit, String output) {}

    private static Ran run(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ran(process.waitFor(), output);
        } catch (IOException notThere) {
            return new Ran(-1, notThere.toString());
        }
    }

    private static List<JsonNode> alerts() throws IOException {
        List<JsonNode> rules = new ArrayList<>();
        for (JsonNode group :
                new ObjectMapper(new YAMLFactory()).readTree(ALERTS.toFile()).path("groups")) {
            group.path("rules").forEach(rules::add);
        }
        assertThat(rules).isNotEmpty();
        return rules;
    }

    private static void assertExist(List<String> expressions) {
        Set<String> samples = BrokerMetricsTest.sampleNames();
        Set<String> asked = new TreeSet<>();
        for (String expression : expressions) {
            NAME.matcher(expression).results().forEach(match -> asked.add(match.group()));
        }
        assertThat(asked).isNotEmpty();
        assertThat(samples).containsAll(asked);
    }
}
