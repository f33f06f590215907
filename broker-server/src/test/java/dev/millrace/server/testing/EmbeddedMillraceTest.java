package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import io.netty.util.ResourceLeakDetector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@ExtendWith(MillraceExtension.class)
class EmbeddedMillraceTest {
    @BeforeAll
    static void watchBuffers() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    @Test
    void publishesAndConsumes(MillraceClient client) {
        client.admin().createTopic("orders", 1);
        try (Producer producer = client.producer().build()) {
            for (int i = 0; i < 100; i++) {
                Receipt receipt = producer.publish("orders", "key", "value-" + i);
                assertThat(receipt.offset()).isEqualTo(i);
            }
        }
        try (Consumer consumer =
                client.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            assertThat(values(consumer, 100))
                    .isEqualTo(
                            IntStream.range(0, 100).mapToObj(i -> "value-" + i).toList());
        }
    }

    @Test
    void keepsRecordsAndCommittedOffsetsOverARestart(@TempDir Path directory) {
        try (EmbeddedMillrace millrace = EmbeddedMillrace.start(directory);
                MillraceClient client = MillraceClient.connect(millrace.address())) {
            client.admin().createTopic("orders", 1);
            Producer producer = client.producer().build();
            producer.publish("orders", "key", "before");
            try (GroupConsumer member = client.group("g")
                    .topics("orders")
                    .autoCommit(false)
                    .startFrom(StartFrom.earliest())
                    .open()) {
                assertThat(values(member, 1)).containsExactly("before");
                member.commit();
            }
            String address = millrace.address();
            millrace.restart();
            assertThat(millrace.address()).isEqualTo(address);
            producer.publish("orders", "key", "after");
            try (GroupConsumer member = client.group("g")
                    .topics("orders")
                    .startFrom(StartFrom.earliest())
                    .open()) {
                assertThat(values(member, 1)).containsExactly("after");
            }
            producer.close();
        }
    }

    @Test
    void tellsAboutItselfAndServesMetrics(EmbeddedMillrace millrace, MillraceClient client) throws Exception {
        assertThat(client.admin().brokerInfo().properties())
                .containsEntry("durability", "fsync before every acknowledgement")
                .containsEntry("listeners.native", millrace.address())
                .containsKeys("version", "data", "disk free bytes", "pid", "java", "os", "uptime");
        client.admin().createTopic("measured", 1);
        try (Producer producer = client.producer().build();
                Consumer consumer = client.consumer()
                        .topics("measured")
                        .from(StartFrom.earliest())
                        .open()) {
            producer.publish("measured", "key", "value");
            values(consumer, 1);
        }
        URI uri = URI.create("http://" + millrace.httpAddress() + "/metrics");
        String metrics = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
        assertThat(metrics)
                .contains(
                        "millrace_topic_records_in_total{topic=\"measured\"} 1.0",
                        "millrace_topic_records_out_total{topic=\"measured\"} 1.0",
                        "millrace_ready 1.0")
                .containsPattern("millrace_fsync_seconds_count [1-9]")
                .containsPattern("millrace_publish_seconds_count [1-9]");
    }

    private static List<String> values(Consumer consumer, int count) {
        List<String> values = new ArrayList<>();
        while (values.size() < count) {
            for (ReceivedMessage message : consumer.poll(Duration.ofSeconds(1))) {
                values.add(message.valueText());
            }
        }
        return values;
    }
}
