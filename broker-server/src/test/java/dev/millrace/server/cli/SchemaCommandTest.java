package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code millrace schema} in a build pipeline and in the hands of people. */
@Timeout(120)
class SchemaCommandTest {
    private static final String OLD =
            "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"total\",\"type\":\"int\"}]}";

    @TempDir
    Path dir;

    private static Ran run(EmbeddedMillrace broker, String... args) {
        return new Ran.Setup()
                .server(broker.address())
                .env("MILLRACE_REGISTRY", "http://" + broker.httpAddress())
                .run(args);
    }

    private static String ok(EmbeddedMillrace broker, String... args) {
        Ran ran = run(broker, args);
        assertThat(ran.exit()).as(ran.err() + ran.out()).isZero();
        return ran.out();
    }

    private String file(String name, String text) throws Exception {
        return Files.writeString(dir.resolve(name), text).toString();
    }

    @Test
    void schemasAreRegisteredShownCheckedAndCompared() throws Exception {
        String old = file("old.avsc", OLD);
        String good =
                file("good.avsc", OLD.replace("}]}", "},{\"name\":\"note\",\"type\":\"string\",\"default\":\"\"}]}"));
        String bad = file("bad.avsc", OLD.replace("\"int\"", "\"string\""));
        try (EmbeddedMillrace broker = EmbeddedMillrace.start(dir.resolve("data"))) {
            assertThat(ok(broker, "schema", "register", "orders-value", old))
                    .isEqualTo("orders-value version 1, id 1\n");
            assertThat(ok(broker, "schema", "check", "orders-value", good)).isEqualTo("compatible with orders-value\n");
            Ran refused = run(broker, "schema", "check", "orders-value", bad);
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.out())
                    .contains(
                            "/total/type  TYPE_MISMATCH  against version 1, BACKWARD\n",
                            "  - int\n",
                            "  + string\n",
                            "  fix: ");
            assertThat(refused.err()).isEqualTo("error: the schema is incompatible with orders-value: 1 problem.\n");
            Ran json = run(broker, "schema", "register", "orders-value", bad, "-o", "json");
            assertThat(json.exit()).isEqualTo(1);
            JsonNode answer = new ObjectMapper().readTree(json.out());
            assertThat(answer.path("compatible").asBoolean(true)).isFalse();
            assertThat(answer.path("incompatibilities").get(0).path("rule").asText())
                    .isEqualTo("TYPE_MISMATCH");

            ok(broker, "schema", "register", "orders-value", good);
            assertThat(ok(broker, "schema", "get", "orders-value", "1")).isEqualTo(OLD + "\n");
            assertThat(ok(broker, "schema", "get", "--id", "1")).isEqualTo(OLD + "\n");
            assertThat(ok(broker, "schema", "list").lines().toList().get(1))
                    .contains("orders-value", "AVRO", "2", "BACKWARD");
            assertThat(ok(broker, "schema", "diff", "orders-value", "1", "2")).contains("+ ", "\"name\" : \"note\"");
            Ran diff = run(broker, "schema", "diff", "orders-value", "latest", bad, "--level", "backward");
            assertThat(diff.exit()).isEqualTo(1);
            assertThat(diff.out()).contains("- ", "+ ", "TYPE_MISMATCH");
            assertThat(ok(broker, "schema", "compat", "orders-value", "--set", "none"))
                    .isEqualTo("NONE\n");
            assertThat(ok(broker, "schema", "compat")).isEqualTo("BACKWARD\n");
            ok(broker, "schema", "register", "orders-value", bad);
            assertThat(ok(broker, "schema", "compat", "orders-value", "--unset"))
                    .isEqualTo("BACKWARD\n");
            Ran none = run(broker, "schema", "get", "none");
            assertThat(none.exit()).isEqualTo(1);
            assertThat(none.err()).contains("Subject 'none' not found", "40401");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "schema | a command is missing; there are: register, list",
                "schema get | give either SUBJECT or --id",
                "schema check s x.txt | does not tell the format. Give --type",
                "schema check s x --type xml | \"xml\" is none of avro, json, protobuf",
                "schema register s x.avsc --reference a | is not of the form NAME=SUBJECT:VERSION",
                "schema compat --set full --unset | --unset excludes",
            })
    void saysWhatIsWrong(String line, String message) {
        Ran ran = Ran.run(line.split(" "));
        assertThat(ran.exit()).isEqualTo(2);
        assertThat(ran.err()).startsWith("error: ").contains(message);
    }

    @Test
    void saysThatTheRegistryDoesNotAnswer() throws Exception {
        Ran ran = new Ran.Setup()
                .server("127.0.0.1:1")
                .env("MILLRACE_REGISTRY", "http://127.0.0.1:1")
                .run("schema", "list");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err()).contains("the schema registry at http://127.0.0.1:1 does not answer");
    }

    @Test
    void linesOfADiffKeepTheirOrder() {
        assertThat(LineDiff.of(List.of("a", "b", "c"), List.of("a", "x", "c")))
                .containsExactly("  a", "- b", "+ x", "  c");
        assertThat(LineDiff.of(List.of("a"), List.of("a"))).isEmpty();
    }
}
