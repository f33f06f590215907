package dev.millrace.server.schema.format;

/**
 * Parses schemas of all formats; whatever the text, it ends in a schema or an {@link UnusableSchemaException}. Thread:
 * any.
 */
public final class SchemaParser {
    /** Levels of nesting in a schema's text. Parsers descend by recursion, so this bounds their stack. */
    static final int DEPTH_MAX = 100;

    private final int charsMax;

    /** @param charsMax of one schema's text */
    public SchemaParser(int charsMax) {
        this.charsMax = charsMax;
    }

    public ParsedSchema parse(SchemaSource source) {
        check(source, 0);
        try {
            return switch (source.type()) {
                case AVRO -> AvroSchema.parse(source);
                case JSON -> JsonSchema.parse(source);
                case PROTOBUF -> ProtobufSchema.parse(source);
            };
        } catch (StackOverflowError deep) {
            throw new UnusableSchemaException("it is nested or refers to itself too deeply to be understood");
        }
    }

    private void check(SchemaSource source, int depth) {
        if (source.text().length() > charsMax) {
            throw new UnusableSchemaException("it has " + source.text().length() + " characters and a schema may have "
                    + charsMax + "; split it by references");
        }
        if (depth > DEPTH_MAX) {
            throw new UnusableSchemaException("its references are more than " + DEPTH_MAX + " deep");
        }
        if (source.text().isBlank()) {
            throw new UnusableSchemaException("it is empty");
        }
        source.references().forEach(reference -> check(reference.source(), depth + 1));
    }
}
