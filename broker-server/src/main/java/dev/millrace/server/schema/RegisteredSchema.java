package dev.millrace.server.schema;

import dev.millrace.server.schema.format.SchemaType;
import java.util.List;
import java.util.UUID;

/**
 * One version of a subject.
 *
 * @param id the same for the same schema in all subjects of a context
 * @param guid made of the schema itself, the same everywhere
 * @param deleted it is not shown any more, but what was written with it can still be read
 */
public record RegisteredSchema(
        SubjectName subject,
        int version,
        int id,
        UUID guid,
        SchemaType type,
        String text,
        List<SchemaReference> references,
        boolean deleted) {
    public RegisteredSchema {
        references = List.copyOf(references);
    }

    RegisteredSchema softDeleted() {
        return new RegisteredSchema(subject, version, id, guid, type, text, references, true);
    }
}
