package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Server-sent events of a real broker, on real connections; and the limit on requests. */
@Timeout(60)
class TailTest {
    @TempDir
    private Path directory;

    private RestServer rest;

    @BeforeEach
    void open() throws Exception {
        rest = new RestServer(directory);
        rest.expect(201, "POST", "/v1/topics", "{\"name\":\"orders\",\"partitions\":2}");
    }

    @AfterEach
    void close() {
        rest.close();
    }

    private void publish(int partition, String value) throws Exception {
        rest.post("/v1/topics/orders/records", "{\"partition\":" + partition + ",\"value\":\"" + value + "\"}");
    }

    @Test
    void followsAllPartitionsAndGoesOnWhereItBrokeOff() throws Exception {
        publish(0, "before");
        String id;
        try (RestServer.Tail tail = rest.tail("/v1/topics/orders/tail")) {
            assertThat(tail.line("content-type: ")).isEqualTo("text/event-stream");
            assertThat(tail.line("retry: ")).isEqualTo("1000");
            assertThat(tail.line("id: "))
                    .as("where to go on, before anything came")
                    .isEqualTo("1,0");
            publish(1, "first");
            publish(0, "second");
            id = tail.line("id: ");
            assertThat(id).isEqualTo("1,1");
            JsonNode record = RestServer.MAPPER.readTree(tail.line("data: "));
            assertThat(record.path("value").asText()).isEqualTo("first");
            assertThat(record.path("partition").asInt()).isEqualTo(1);
            assertThat(tail.line("id: ")).isEqualTo("2,1");
        }
        publish(1, "third");
        try (RestServer.Tail tail = rest.tail("/v1/topics/orders/tail", "Last-Event-ID: " + id)) {
            List<String> values = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                values.add(RestServer.MAPPER
                        .readTree(tail.line("data: "))
                        .path("value")
                        .asText());
            }
            assertThat(values).containsExactlyInAnyOrder("second", "third");
        }
        rest.refused(400, "bad_request", "GET", "/v1/topics/orders/tail", null, "Last-Event-ID", "1,2,3");
        rest.refused(410, "offset_out_of_range", "GET", "/v1/topics/orders/tail", null, "Last-Event-ID", "1,99");
        rest.refused(400, "bad_request", "GET", "/v1/topics/orders/tail?from=1", null);
    }

    @Test
    void beginsAtAnOffsetOfOnePartition() throws Exception {
        publish(0, "a");
        publish(0, "b");
        try (RestServer.Tail tail = rest.tail("/v1/topics/orders/tail?partition=0&from=1")) {
            assertThat(tail.line("data: ")).contains("\"value\":\"b\"");
        }
    }

    @Test
    void endsWhenTheBrokerStops() throws Exception {
        try (RestServer.Tail tail = rest.tail("/v1/topics/orders/tail")) {
            assertThat(tail.line("retry: ")).isEqualTo("1000");
            rest.close();
            assertThat(tail.line("event: ")).isEqualTo("end");
            assertThat(tail.line("data: ")).contains("stopping");
            assertThat(tail.line("more")).as("the connection is closed").isNull();
        }
    }

    @Test
    void endsWhenTheTopicIsDeleted() throws Exception {
        try (RestServer.Tail tail = rest.tail("/v1/topics/orders/tail")) {
            assertThat(tail.line("retry: ")).isEqualTo("1000");
            rest.expect(200, "DELETE", "/v1/topics/orders", null);
            assertThat(tail.line("event: ")).isEqualTo("problem");
            assertThat(tail.line("data: ")).contains("topic_not_found");
        }
    }

    /** What waits for clients that read nothing is far less than what there is. */
    @Test
    void aClientThatReadsNothingHoldsUpNobody() throws Exception {
        String value = "x".repeat(900_000);
        for (int i = 0; i < 12; i++) {
            publish(0, value);
        }
        List<RestServer.Tail> stalled = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            stalled.add(rest.tail("/v1/topics/orders/tail?from=earliest"));
        }
        try (RestServer.Tail reading = rest.tail("/v1/topics/orders/tail?partition=0&from=earliest")) {
            // The first id says where the tail begins.
            for (int i = 0; i <= 12; i++) {
                assertThat(reading.line("id: ")).isEqualTo(Integer.toString(i));
            }
        }
        for (RestServer.Tail tail : stalled) {
            tail.close();
        }
    }

    @Test
    void refusesMoreRequestsThanASecondAllows() throws Exception {
        rest.close();
        rest = new RestServer(directory, "limits.httpRequestsPerSecond=2");
        var response = rest.send("GET", "/v1/topics", null);
        for (int i = 0; i < 100 && response.statusCode() == 200; i++) {
            response = rest.send("GET", "/v1/topics", null);
        }
        assertThat(response.statusCode()).isEqualTo(429);
        assertThat(response.headers().firstValue("retry-after")).hasValue("1");
        assertThat(response.body()).contains("\"code\":\"rate_limited\"", "more than 2 requests");
        assertThat(rest.send("GET", "/health/live", null).statusCode()).isEqualTo(200);
    }
}
