package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Traces over REST, of a real broker. What they say of groups is in TraceCommandTest, beside what the command says. */
@Timeout(60)
class TraceRoutesTest {
    @TempDir
    private Path directory;

    private RestServer rest;

    @BeforeEach
    void open() throws Exception {
        rest = new RestServer(directory);
        rest.expect(
                201,
                "POST",
                "/v1/topics",
                "{\"name\":\"orders\",\"partitions\":1,\"settings\":{\"correlation.index\":\"on\"}}",
                "content-type",
                "application/json");
    }

    @AfterEach
    void close() {
        rest.close();
    }

    private void publish(String id, String headers) throws Exception {
        rest.post("/v1/topics/orders/records", "{\"id\":\"" + id + "\",\"value\":\"x\",\"headers\":{" + headers + "}}");
    }

    @Test
    void showsTheTreeOfCausesByCorrelationAndById() throws Exception {
        publish("a", "\"$correlation\":\"process 7\"");
        publish("b", "\"$correlation\":\"process 7\",\"$causation\":\"a\"");
        for (String id : new String[] {"process%207", "b"}) {
            JsonNode trace = rest.get("/v1/trace/" + id);
            assertThat(trace.path("truncated").asBoolean()).isFalse();
            assertThat(trace.path("messages")).hasSize(2);
            assertThat(trace.path("messages").get(1).path("id").asText()).isEqualTo("b");
            assertThat(trace.path("messages").get(1).path("depth").asInt()).isEqualTo(1);
        }
    }

    @Test
    void isBoundedByCountAndByBytes() throws Exception {
        for (int i = 0; i < 3; i++) {
            publish("m" + i, "\"$correlation\":\"many\"");
        }
        JsonNode two = rest.get("/v1/trace/many?limit=2");
        assertThat(two.path("messages")).hasSize(2);
        assertThat(two.path("truncated").asBoolean()).isTrue();
        assertThat(rest.get("/v1/trace/many?limit=3").path("truncated").asBoolean())
                .isFalse();
        String large = "y".repeat(900_000);
        for (int i = 0; i < 11; i++) {
            publish("l" + i, "\"$correlation\":\"large\",\"filler\":\"" + large + "\"");
        }
        JsonNode some = rest.get("/v1/trace/large");
        assertThat(some.path("messages").size()).isBetween(9, 10);
        assertThat(some.path("truncated").asBoolean()).isTrue();
    }

    @Test
    void refusesUnknownIdsAndWrongLimits() throws Exception {
        JsonNode problem = rest.refused(404, "trace_not_found", "GET", "/v1/trace/nobody", null);
        assertThat(problem.path("detail").asText()).contains("nothing belongs to \"nobody\"", "correlation.index=on");
        rest.refused(400, "bad_request", "GET", "/v1/trace/a?limit=0", null);
        rest.refused(400, "bad_request", "GET", "/v1/trace/a?limit=10001", null);
        rest.refused(400, "invalid_request", "GET", "/v1/trace/" + "i".repeat(1_025), null);
    }
}
