package dev.millrace.server.schema.format;

import java.util.List;

/** A schema that was understood. Immutable. Thread: any. */
public interface ParsedSchema {
    SchemaType type();

    /** The same text for schemas that differ in blanks alone. */
    String canonical();

    /** The same text also for schemas that differ in the order of what has none. */
    String normalized();

    /** The full name of its record or first message; empty where it has none. */
    String name();

    /**
     * Why readers with this schema cannot read what was written with another one of the same type; empty where they can.
     * Fails: {@link UnusableSchemaException} where the two are too complex to compare.
     */
    List<Mismatch> mismatches(ParsedSchema writer, Strictness strictness);

    /** What decides whether bytes fit this schema. */
    ValueCheck values();

    /** How strictly JSON schemas are compared. */
    enum Strictness {
        /** What any document could hold counts. */
        STRICT,
        /** A property that is new in an open object is taken for one that no document held before. */
        LENIENT
    }
}
