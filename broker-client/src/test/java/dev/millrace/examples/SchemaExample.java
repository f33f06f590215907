package dev.millrace.examples;

import dev.millrace.client.Codec;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TypedTopic;
import dev.millrace.client.schema.JsonSchemaCodec;
import dev.millrace.client.schema.SchemaRegistryClient;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Publishes what fits a registered schema, in a topic that refuses the rest. */
public final class SchemaExample {
    public record Order(String customer, int total) {}

    private static final String SCHEMA = """
            {"type": "object", "additionalProperties": false, "required": ["customer", "total"],
             "properties": {"customer": {"type": "string"}, "total": {"type": "integer", "minimum": 0}}}""";

    public static Order run(String server, String registryUrl, String topic) {
        try (MillraceClient client = MillraceClient.connect(server)) {
            client.admin().createTopic(topic, 4, Map.of("schema.validation", "full"));
            SchemaRegistryClient registry = SchemaRegistryClient.of(registryUrl);
            TypedTopic<String, Order> orders =
                    client.topic(topic, Codec.string(), JsonSchemaCodec.of(registry, Order.class, SCHEMA));
            orders.publish("order-17", new Order("Ada", 20)); // registers the schema, once
            CompletableFuture<Order> first = new CompletableFuture<>();
            orders.subscribe(StartFrom.earliest(), message -> first.complete(message.value()));
            return first.join();
        }
    }
}
