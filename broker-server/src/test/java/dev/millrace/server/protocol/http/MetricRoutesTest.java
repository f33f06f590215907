package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.BrokerStats.PartitionStats;
import dev.millrace.core.time.TimeSource;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.schema.Compatibility;
import dev.millrace.server.schema.SchemaLimits;
import dev.millrace.server.schema.SchemaRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MetricRoutesTest {
    private final FakeBroker broker = new FakeBroker();
    private final HttpServer server = new HttpServer(100, 10_000);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void open() {
        SchemaRegistry registry =
                SchemaRegistry.open(broker, SchemaLimits.DEFAULTS, Compatibility.BACKWARD, TimeSource.SYSTEM);
        server.protocol.open(new HttpServices(broker, registry, null, Map.of(), "1.0"));
        broker.topics().create("orders", 1, Map.of()).join();
        broker.partitionStats = List.of(new PartitionStats("orders", 0, 2, 10, 500));
    }

    @AfterEach
    void close() {
        server.close();
        broker.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void servesATopicInDetailAndAllUnderKafkasNames() throws Exception {
        HttpResponse<String> detailed = get("/metrics/detailed?topic=orders");
        assertThat(detailed.statusCode()).isEqualTo(200);
        assertThat(detailed.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        assertThat(detailed.body())
                .contains("millrace_partition_log_end_offset{partition=\"0\",topic=\"orders\"} 10.0");
        assertThat(get("/metrics/kafka").body())
                .contains("kafka_topic_partition_current_offset{partition=\"0\",topic=\"orders\"} 10.0");
    }

    @Test
    void saysWhatIsMissingOrNotThere() throws Exception {
        HttpResponse<String> everything = get("/metrics/detailed");
        assertThat(everything.statusCode()).isEqualTo(400);
        assertThat(everything.body()).contains("\"code\":\"invalid_request\"", "?topic=NAME");
        HttpResponse<String> unknown = get("/metrics/detailed?topic=nosuch");
        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(unknown.body()).contains("\"code\":\"topic_not_found\"");
        assertThat(get("/metrics/kafka?group=nosuch").statusCode()).isEqualTo(404);
    }
}
