package dev.millrace.server.schema;

/**
 * What schemas may cost. Each is answered when it is reached.
 *
 * @param schemaCharsMax of one schema's text
 * @param versionsMax of one subject, deleted ones included
 * @param textCharsTotalMax of all schemas, which are kept in memory
 */
public record SchemaLimits(int schemaCharsMax, int subjectsMax, int versionsMax, long textCharsTotalMax) {
    public static final SchemaLimits DEFAULTS = new SchemaLimits(512 << 10, 10_000, 1_000, 128L << 20);
}
