package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.schema.Upcasters;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The README's examples, run against a real broker. */
@Timeout(60)
class ExamplesTest {
    @TempDir
    private Path directory;

    private EmbeddedMillrace millrace;
    private MillraceClient client;

    @BeforeEach
    void open() {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.connect(millrace.address());
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    @Test
    void publishesThenReadsAllBack() {
        client.admin().createTopic("orders", 4);
        PublishExample.run(millrace.address(), "orders");
        assertThat(client.admin().describeTopic("orders").messages()).isEqualTo(1001);
        assertThat(SubscribeExample.run(millrace.address(), "orders")).isEqualTo(1001);
    }

    @Test
    void publishesWhatFitsASchema() {
        assertThat(SchemaExample.run(millrace.address(), "http://" + millrace.httpAddress(), "orders"))
                .isEqualTo(new SchemaExample.Order("Ada", 20));
    }

    @Test
    void evolvesASchemaAndRefusesWhatWouldBreakReaders() {
        assertThat(SchemaEvolutionExample.run(millrace.address(), "http://" + millrace.httpAddress()))
                .singleElement()
                .satisfies(found -> {
                    assertThat(found.path()).isEqualTo("/properties/total/type");
                    assertThat(found.rule()).isEqualTo("TYPE_CHANGED");
                    assertThat(found.againstVersion()).isEqualTo(2);
                });
        assertThat(client.admin().describeTopic("orders").messages()).isEqualTo(1);
    }

    @Test
    void bringsOldEventsUpToDate() {
        ObjectNode old = JsonNodeFactory.instance.objectNode().put("sum", 20);
        assertThat(UpcasterExample.orders()
                        .upcast(new Upcasters.Event<>("OrderPlaced", 1, old, Map.of()))
                        .get(0)
                        .data()
                        .path("total")
                        .asInt())
                .isEqualTo(20);
    }

    @Test
    void consumesAsAGroupAndCommits() throws Exception {
        client.admin().createTopic("orders", 4);
        PublishExample.run(millrace.address(), "orders");
        AtomicInteger handled = new AtomicInteger();
        CountDownLatch stop = new CountDownLatch(1);
        GroupConsumerExample.run(
                millrace.address(),
                "orders",
                message -> {
                    if (handled.incrementAndGet() == 1001) {
                        stop.countDown();
                    }
                },
                stop);
        assertThat(handled).hasValue(1001);
        assertThat(client.admin().describeGroup("billing").lagMessages()).isZero();
    }

    @Test
    void administers() {
        AdminExample.run(millrace.address(), "orders", "billing");
        TopicInfo topic = client.admin().describeTopic("orders");
        assertThat(topic.partitions()).hasSize(8);
        assertThat(topic.settings()).containsKey("retention");
        assertThat(client.admin().listGroups()).isEmpty();
    }

    @Test
    void speaksInObjects() {
        client.admin().createTopic("orders", 1);
        assertThat(JsonCodecExample.run(millrace.address(), "orders")).isEqualTo(new JsonCodecExample.Order("Ada", 20));
    }
}
