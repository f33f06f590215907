package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ConfigCommandTest {
    @TempDir
    Path dir;

    private String good;
    private String bad;

    private record Result(int exit, String out, String err) {}

    @BeforeEach
    void writeFiles() throws IOException {
        good = Files.writeString(dir.resolve("good.yaml"), "topics:\n  partitions: 8\n")
                .toString();
        bad = Files.writeString(dir.resolve("bad.yaml"), "topics:\n  partitons: 8\nstorge:\n")
                .toString();
    }

    @Test
    void checkAnswersWithItsExitCode() {
        assertThat(run(Map.of(), "check", good)).isEqualTo(new Result(0, "ok: " + good + "\n", ""));
        assertThat(run(Map.of(), "check", "--config", good)).isEqualTo(new Result(0, "ok: " + good + "\n", ""));
        assertThat(run(Map.of(), "check").out()).isEqualTo("ok: no file, defaults\n");
        Result refused = run(Map.of(), "check", bad);
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.out()).isEmpty();
        assertThat(refused.err())
                .isEqualTo("2 problems in the configuration:\n"
                        + bad + ":2:3: topics.partitons: there is no such key\n    did you mean topics.partitions?\n"
                        + bad + ":3:1: storge: there is no such key\n    did you mean storage?\n");
    }

    @Test
    void checkFollowsTheEnvironmentAsStartDoes() {
        assertThat(run(Map.of("MILLRACE_CONFIG", bad), "check").exit()).isEqualTo(1);
        assertThat(run(Map.of("MILLRACE_TOPICS__PARTITIONS", "0"), "check", good)
                        .exit())
                .isEqualTo(1);
        Result open = run(
                Map.of("MILLRACE_SECURITY__INSECUREPUBLICBIND", "true"),
                "check",
                "--set",
                "listeners.http.bind=0.0.0.0:7680");
        assertThat(open.exit()).isZero();
        assertThat(open.err()).startsWith("warning: listeners.http.bind 0.0.0.0:7680");
    }

    @Test
    void wrongUsageExitsWith2() {
        assertThat(run(Map.of()).exit()).isEqualTo(2);
        assertThat(run(Map.of(), "check", good, bad).exit()).isEqualTo(2);
        assertThat(run(Map.of(), "check", good, "--config", bad).exit()).isEqualTo(2);
        assertThat(run(Map.of(), "show", "-o", "xml").exit()).isEqualTo(2);
    }

    @Test
    void showWritesYamlThatLoadsAgain() throws IOException {
        Result shown =
                run(Map.of(), "show", "--config", good, "--set", "listeners.http.bind=[::1]:0", "--data", "a: b");
        assertThat(shown.exit()).isZero();
        assertThat(shown.out())
                .startsWith("node:\n  dataDir: \"a: b\"\nlisteners:\n  native:\n    bind: 127.0.0.1:7650\n  http:\n"
                        + "    bind: \"[::1]:0\"\nsecurity:\n")
                .contains("topics:\n  partitions: 8\n  retention: 7d\n");
        Path again = Files.writeString(dir.resolve("again.yaml"), shown.out());
        assertThat(run(Map.of(), "show", "--config", again.toString()).out()).isEqualTo(shown.out());
    }

    @Test
    void showTellsTheOriginOfEveryValue() throws IOException {
        Map<String, String> environment = Map.of("MILLRACE_LOGGING__LEVEL", "warn");
        String yaml = run(environment, "show", "--origin", "--config", good).out();
        assertThat(yaml.lines().filter(line -> line.contains("partitions: 8")))
                .singleElement()
                .asString()
                .matches(" {2}partitions: 8 +# .*good.yaml:2:15");
        assertThat(yaml).containsPattern("level: warn +# environment MILLRACE_LOGGING__LEVEL\n");
        assertThat(yaml).containsPattern("format: text +# default\n");
        String json = run(environment, "show", "--origin", "-o", "json", "--config", good)
                .out();
        JsonNode partitions = new ObjectMapper().readTree(json).at("/topics/partitions");
        assertThat(partitions.get("value").asInt()).isEqualTo(8);
        assertThat(partitions.get("origin").asText()).isEqualTo(good + ":2:15");
    }

    @Test
    void showWritesJsonWithTypes() throws IOException {
        JsonNode json =
                new ObjectMapper().readTree(run(Map.of(), "show", "-o", "json").out());
        assertThat(json.at("/topics/partitions").isInt()).isTrue();
        assertThat(json.at("/storage/acceptLoss").isBoolean()).isTrue();
        assertThat(json.at("/listeners/native/bind").asText()).isEqualTo("127.0.0.1:7650");
    }

    @Test
    void schemaIsJson() throws IOException {
        Result schema = run(Map.of(), "schema");
        assertThat(schema.exit()).isZero();
        assertThat(new ObjectMapper()
                        .readTree(schema.out())
                        .at("/properties/storage/properties/blockCache/default")
                        .asText())
                .isEqualTo("64MiB");
    }

    private static Result run(Map<String, String> environment, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = new CommandLine(new ConfigCommand(environment))
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
        return new Result(exit, out.toString(), err.toString());
    }
}
