package dev.millrace.client.schema;

import java.util.List;

/**
 * A schema as the registry holds it.
 *
 * @param type AVRO, JSON or PROTOBUF
 * @param references what the text refers to
 */
public record RegistrySchema(String type, String text, List<Reference> references) {
    /** @param name by which the text refers to it */
    public record Reference(String name, String subject, int version) {}

    public RegistrySchema {
        references = List.copyOf(references);
    }

    public static RegistrySchema avro(String text) {
        return new RegistrySchema("AVRO", text, List.of());
    }

    public static RegistrySchema json(String text) {
        return new RegistrySchema("JSON", text, List.of());
    }

    public static RegistrySchema protobuf(String text) {
        return new RegistrySchema("PROTOBUF", text, List.of());
    }
}
