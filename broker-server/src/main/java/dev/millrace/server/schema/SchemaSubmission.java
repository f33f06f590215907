package dev.millrace.server.schema;

import dev.millrace.server.schema.format.SchemaType;
import java.util.List;

/**
 * A schema that a client sends.
 *
 * @param id to be given to it, in mode IMPORT; 0 for the next one
 * @param version to be given to it, in mode IMPORT; 0 for the next one
 */
public record SchemaSubmission(SchemaType type, String text, List<SchemaReference> references, int id, int version) {
    static final int REFERENCES_MAX = 100;

    public SchemaSubmission {
        references = List.copyOf(references);
    }

    public static SchemaSubmission of(SchemaType type, String text) {
        return new SchemaSubmission(type, text, List.of(), 0, 0);
    }
}
