package dev.millrace.server.schema.format;

import java.util.List;

/**
 * A schema as it was written, with what it refers to.
 *
 * @param references in the order in which they were given; each may have references of its own
 */
public record SchemaSource(SchemaType type, String text, List<Reference> references) {
    /** @param name by which the text refers to it: a full name in Avro, a {@code $ref} in JSON, an import in Protobuf */
    public record Reference(String name, SchemaSource source) {}

    public SchemaSource {
        references = List.copyOf(references);
    }

    public static SchemaSource of(SchemaType type, String text) {
        return new SchemaSource(type, text, List.of());
    }
}
