package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.server.testing.EmbeddedMillrace;
import dev.millrace.server.testing.MillraceExtension;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** How an application tests itself against a real broker in the same JVM. */
@ExtendWith(MillraceExtension.class)
class EmbeddedBrokerExampleTest {
    @Test
    void ordersArrive(MillraceClient client) {
        client.admin().createTopic("orders", 4);
        try (Producer producer = client.producer().build();
                Consumer consumer = client.consumer()
                        .topics("orders")
                        .from(StartFrom.earliest())
                        .open()) {
            producer.publish("orders", "order-17", "paid");
            assertThat(consumer.poll(Duration.ofSeconds(10)))
                    .extracting(ReceivedMessage::valueText)
                    .containsExactly("paid");
        }
    }

    @Test
    void ordersOutliveARestart(@TempDir Path directory) {
        try (EmbeddedMillrace millrace = EmbeddedMillrace.start(directory);
                MillraceClient client = MillraceClient.connect(millrace.address());
                Producer producer = client.producer().build()) {
            client.admin().createTopic("orders", 1);
            producer.publish("orders", "order-17", "paid");
            millrace.restart(); // same data, same ports: the client reconnects by itself
            assertThat(producer.publish("orders", "order-17", "shipped").offset())
                    .isEqualTo(1);
        }
    }
}
