package dev.millrace.examples;

import dev.millrace.client.Codec;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TypedTopic;
import java.util.concurrent.CompletableFuture;

/** Speaks in objects; needs jackson-databind on the class path. */
public final class JsonCodecExample {
    public record Order(String customer, int total) {}

    public static Order run(String server, String topic) {
        try (MillraceClient client = MillraceClient.connect(server)) {
            TypedTopic<String, Order> orders = client.topic(topic, Codec.string(), Codec.json(Order.class));
            CompletableFuture<Order> first = new CompletableFuture<>();
            orders.publish("order-17", new Order("Ada", 20));
            orders.subscribe(StartFrom.earliest(), message -> first.complete(message.value()));
            return first.join();
        }
    }
}
