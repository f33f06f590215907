package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AuditCommandTest {
    @TempDir
    Path data;

    private static Ran ok(EmbeddedMillrace broker, String... args) {
        Ran ran = run(broker, args);
        assertThat(ran.exit()).as(ran.err()).isZero();
        return ran;
    }

    private static Ran run(EmbeddedMillrace broker, String... args) {
        return new Ran.Setup().server(broker.address()).run(args);
    }

    private static JsonNode events(EmbeddedMillrace broker, String... more) throws Exception {
        String[] args = new String[more.length + 2];
        args[0] = "audit";
        args[1] = "--json";
        System.arraycopy(more, 0, args, 2, more.length);
        return new ObjectMapper().readTree(ok(broker, args).out());
    }

    @Test
    void listsWhatWasChangedByWhom() throws Exception {
        try (EmbeddedMillrace broker = EmbeddedMillrace.start(data)) {
            assertThat(events(broker)).isEmpty();
            ok(broker, "topic", "create", "t", "--partitions", "2");
            ok(broker, "topic", "alter", "t", "--retention", "3d");
            ok(broker, "pub", "t", "v");
            ok(broker, "group", "reset", "g", "--topic", "t", "--to", "latest");
            ok(broker, "topic", "delete", "t", "--yes");
            JsonNode events = events(broker);
            assertThat(events.findValuesAsText("action"))
                    .containsExactly("topic.create", "topic.alter", "group.reset", "topic.delete");
            JsonNode altered = events.get(1);
            assertThat(altered.at("/before/settings").isEmpty()).isTrue();
            assertThat(altered.at("/after/settings/retention").asText()).isEqualTo("3d");
            assertThat(altered.at("/who/protocol").asText()).isEqualTo("native");
            assertThat(altered.at("/who/address").asText()).startsWith("127.0.0.1:");
            assertThat(altered.get("timestamp").asLong()).isPositive();
            assertThat(events(broker, "--limit", "1").findValuesAsText("action"))
                    .containsExactly("topic.delete");
            assertThat(events(broker, "--since", "-1h")).hasSize(4);
            assertThat(events(broker, "--since", "2100-01-01T00:00:00Z")).isEmpty();
            assertThat(ok(broker, "audit").lines()).hasSize(5);
        }
    }

    @Test
    void changesOfTheSchemaRegistryAreRecordedWithThem() throws Exception {
        try (EmbeddedMillrace broker = EmbeddedMillrace.start(data)) {
            put(broker, "{\"compatibility\": \"FULL\"}");
            put(broker, "{\"compatibility\": \"FULL\"}"); // changes nothing
            put(broker, "{\"compatibility\": \"NONE\"}");
            JsonNode events = events(broker);
            // The first change makes the registry's own topic.
            assertThat(events.findValuesAsText("action"))
                    .containsExactly("topic.create", "schema.config", "schema.config");
            assertThat(events.get(1).get("target").asText()).isEqualTo("orders-value");
            assertThat(events.get(1).get("before").isNull()).isTrue();
            assertThat(events.get(2).at("/before/compatibility").asText()).isEqualTo("FULL");
            assertThat(events.get(2).at("/after/compatibility").asText()).isEqualTo("NONE");
        }
    }

    private static void put(EmbeddedMillrace broker, String settings) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("http://" + broker.httpAddress() + "/config/orders-value"))
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(settings))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @Test
    void clientsCannotPublishToItNorDeleteIt() throws Exception {
        try (EmbeddedMillrace broker = EmbeddedMillrace.start(data)) {
            assertThat(run(broker, "pub", "$audit.log", "forged").exit()).isEqualTo(1);
            assertThat(run(broker, "topic", "delete", "$audit.log", "--yes").exit())
                    .isEqualTo(1);
            assertThat(run(broker, "audit", "--limit", "0").exit()).isEqualTo(2);
            assertThat(events(broker)).isEmpty();
        }
    }
}
