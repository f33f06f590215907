package dev.millrace.server.schema.format;

/**
 * One reason why a reader cannot understand what a writer wrote.
 *
 * @param path where in the schema, by names: {@code /total/type}
 * @param rule a constant for machines
 * @param reader what the reader's schema has there
 * @param writer what the writer's schema has there
 * @param fixReader what to do where the reader's schema is the new one
 * @param fixWriter what to do where the writer's schema is the new one
 */
public record Mismatch(String path, String rule, String reader, String writer, String fixReader, String fixWriter) {
    static final String RESERVED_REUSED = "RESERVED_REUSED";
    private static final int TEXT_CHARS_MAX = 300;

    public Mismatch {
        path = path.isEmpty() ? "/" : path;
        reader = cut(reader);
        writer = cut(writer);
    }

    /** Whether it is wrong in a new reader alone: to reserve what was removed is just what a new writer should do. */
    public boolean onlyForNewReaders() {
        return rule.equals(RESERVED_REUSED);
    }

    private static String cut(String text) {
        return text.length() <= TEXT_CHARS_MAX ? text : text.substring(0, TEXT_CHARS_MAX) + "...";
    }
}
