package dev.millrace.server.schema.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Any text as a schema of any format, and any bytes as a value of it. */
public final class SchemaFuzzTarget {
    private static final SchemaParser PARSER = new SchemaParser(1 << 16);

    private SchemaFuzzTarget() {}

    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length == 0) {
            return;
        }
        SchemaType type = SchemaType.values()[Math.floorMod(data[0], SchemaType.values().length)];
        String text = new String(data, 1, data.length - 1, StandardCharsets.UTF_8);
        try {
            run(type, text, text);
        } catch (UnusableSchemaException reason) {
            if (reason.getMessage().isBlank()) {
                throw new AssertionError("refused without a reason");
            }
        }
    }

    /** Fails: {@link UnusableSchemaException} for what is no schema; anything else is a defect. */
    static void run(SchemaType type, String text, String other) {
        ParsedSchema schema = PARSER.parse(SchemaSource.of(type, text));
        schema.canonical();
        schema.normalized();
        ParsedSchema written = PARSER.parse(SchemaSource.of(type, other));
        schema.mismatches(written, ParsedSchema.Strictness.STRICT);
        written.mismatches(schema, ParsedSchema.Strictness.STRICT);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        schema.values().problem(ByteBuffer.wrap(bytes), new int[0]);
        schema.values().problem(ByteBuffer.wrap(Arrays.copyOf(bytes, bytes.length / 2)), new int[0]);
    }
}
