package dev.millrace.examples;

import dev.millrace.client.Codec;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.TypedTopic;
import dev.millrace.client.schema.JsonSchemaCodec;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import dev.millrace.client.schema.SchemaRegistryException;
import java.util.List;
import java.util.Map;

/** The README's schemas: one more version that breaks nobody, and one that would. */
public final class SchemaEvolutionExample {
    public record Order(int total, String note) {}

    private static final String ORDER = """
            {"type": "object", "additionalProperties": false, "required": ["total"],
             "properties": {"total": {"type": "integer"}}}""";
    private static final String ORDER_WITH_NOTE = """
            {"type": "object", "additionalProperties": false, "required": ["total"],
             "properties": {"total": {"type": "integer"}, "note": {"type": "string"}}}""";
    private static final String ORDER_AS_TEXT = """
            {"type": "object", "additionalProperties": false, "required": ["total"],
             "properties": {"total": {"type": "string"}, "note": {"type": "string"}}}""";

    /** Returns what the registry had against the last schema. */
    public static List<SchemaRegistryException.Incompatibility> run(String server, String registryUrl) {
        try (MillraceClient client = MillraceClient.connect(server)) {
            client.admin().createTopic("orders", 4, Map.of("schema.validation", "full"));
            SchemaRegistryClient registry = SchemaRegistryClient.of(registryUrl);
            registry.register("orders-value", RegistrySchema.json(ORDER));
            registry.register("orders-value", RegistrySchema.json(ORDER_WITH_NOTE)); // version 2; it need not be there

            TypedTopic<String, Order> orders =
                    client.topic("orders", Codec.string(), JsonSchemaCodec.of(registry, Order.class, ORDER_WITH_NOTE));
            orders.publish("order-17", new Order(20, "fragile")); // the broker refuses what does not fit

            try {
                registry.register("orders-value", RegistrySchema.json(ORDER_AS_TEXT)); // "total" became a string
                return List.of();
            } catch (SchemaRegistryException refused) { // /properties/total/type TYPE_CHANGED, with a fix
                return refused.incompatibilities();
            }
        }
    }
}
