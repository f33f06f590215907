package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.core.wire.Actor;
import dev.millrace.server.FakeBroker;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Publishing over HTTP to a broker whose disk takes its time. */
class PublishRoutesTest {
    private final FakeBroker broker = new FakeBroker();
    private final PublishRoutes routes = new PublishRoutes(broker.logs(), new TopicNames(broker.topics()));

    @BeforeEach
    void createTopic() {
        broker.topics().create("orders", 1, Map.of()).join();
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private CompletableFuture<HttpAnswer> publish(String value) {
        byte[] body = ("{\"value\":\"" + value + "\"}").getBytes(StandardCharsets.UTF_8);
        return routes.publish(new HttpCall(
                Map.of("topic", "orders"), Map.of(), HttpAnswer.JSON, body, Map.of(), new Actor("http", "", "")));
    }

    private static int offset(CompletableFuture<HttpAnswer> answer) throws Exception {
        return new ObjectMapper().readTree(answer.join().body()).path("offset").asInt(-1);
    }

    @Test
    void answersWhenARecordIsDurableAndNotBefore() throws Exception {
        broker.holdAppends();
        CompletableFuture<HttpAnswer> first = publish("a");
        CompletableFuture<HttpAnswer> second = publish("b");
        assertThat(broker.heldAppends()).isEqualTo(2);
        assertThat(first.isDone() || second.isDone())
                .as("answered before it is durable")
                .isFalse();
        broker.releaseAppends();
        assertThat(offset(first)).isZero();
        assertThat(offset(second)).as("where it came to lie").isEqualTo(1);
    }
}
