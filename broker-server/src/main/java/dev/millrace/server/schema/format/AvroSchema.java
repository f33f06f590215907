package dev.millrace.server.schema.format;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.Incompatibility;

/** A schema of Avro; Avro itself parses and compares. */
final class AvroSchema implements ParsedSchema {
    private final Schema schema;
    private final ValueCheck values;

    private AvroSchema(Schema schema) {
        this.schema = schema;
        this.values = AvroValues.of(schema);
    }

    static AvroSchema parse(SchemaSource source) {
        try {
            Schema.Parser parser = new Schema.Parser();
            addTypes(source, parser, new HashSet<>());
            return new AvroSchema(parse(parser, source.text()));
        } catch (AvroRuntimeException e) {
            throw new UnusableSchemaException("it is no schema of Avro: " + e.getMessage(), e);
        }
    }

    private static void addTypes(SchemaSource source, Schema.Parser parser, Set<String> known) {
        for (SchemaSource.Reference reference : source.references()) {
            if (known.add(reference.name())) {
                addTypes(reference.source(), parser, known);
                if (!parser.getTypes().containsKey(reference.name())) {
                    parse(parser, reference.source().text());
                }
            }
        }
    }

    private static Schema parse(Schema.Parser parser, String text) {
        // A bare name of a type is allowed, as other registries allow it: string.
        String json = text.strip().matches("[a-zA-Z_][a-zA-Z0-9_.]*") ? "\"" + text.strip() + "\"" : text;
        JsonTexts.read(json);
        return parser.parse(json);
    }

    @Override
    public SchemaType type() {
        return SchemaType.AVRO;
    }

    @Override
    public String canonical() {
        return schema.toString();
    }

    @Override
    public String normalized() {
        return JsonTexts.sorted(JsonTexts.read(schema.toString())).toString();
    }

    @Override
    public String name() {
        return schema.getType() == Schema.Type.RECORD || schema.getType() == Schema.Type.ENUM
                ? schema.getFullName()
                : "";
    }

    @Override
    public ValueCheck values() {
        return values;
    }

    @Override
    public List<Mismatch> mismatches(ParsedSchema writer, Strictness strictness) {
        List<Mismatch> mismatches = new ArrayList<>();
        Schema writing = ((AvroSchema) writer).schema;
        for (Incompatibility found : SchemaCompatibility.checkReaderWriterCompatibility(schema, writing)
                .getResult()
                .getIncompatibilities()) {
            mismatches.add(mismatch(found));
        }
        return mismatches;
    }

    private Mismatch mismatch(Incompatibility found) {
        String path = named(found.getLocation());
        String reader = shown(found.getReaderFragment());
        String writer = shown(found.getWriterFragment());
        String rule = found.getType().name();
        return switch (found.getType()) {
            case READER_FIELD_MISSING_DEFAULT_VALUE -> {
                Schema.Field field = found.getReaderFragment().getField(found.getMessage());
                yield new Mismatch(
                        path,
                        rule,
                        field == null ? found.getMessage() : fieldText(field),
                        "no such field",
                        "give the new field \"" + found.getMessage() + "\" a default",
                        "keep the field \"" + found.getMessage()
                                + "\"; readers with the older schema have no default for it");
            }
            case TYPE_MISMATCH ->
                new Mismatch(
                        path,
                        rule,
                        reader,
                        writer,
                        "keep the type " + writer
                                + ", widen it (int to long, float, double), or add a field of another name",
                        "keep the type " + reader + "; readers with the older schema expect it");
            case MISSING_ENUM_SYMBOLS ->
                new Mismatch(
                        path,
                        rule,
                        reader,
                        found.getMessage().replaceFirst(".*\\[", "["),
                        "keep the symbols " + found.getMessage().replaceFirst(".*\\[", "[")
                                + ", or give the enum a default",
                        "do not add symbols that readers with the older schema do not know, unless their enum has a default");
            case MISSING_UNION_BRANCH ->
                new Mismatch(
                        path,
                        rule,
                        reader,
                        writer,
                        "keep " + writer + " among the types of the union",
                        "do not write " + writer + "; readers with the older schema do not know it");
            case NAME_MISMATCH ->
                new Mismatch(
                        path,
                        rule,
                        reader,
                        writer,
                        "keep the name, or name the former one in \"aliases\"",
                        "keep the name that readers with the older schema expect");
            case FIXED_SIZE_MISMATCH ->
                new Mismatch(
                        path,
                        rule,
                        reader,
                        writer,
                        "keep the size of the fixed type",
                        "keep the size of the fixed type");
        };
    }

    /** Avro counts fields; people know them by name. */
    private String named(String location) {
        StringBuilder path = new StringBuilder();
        Schema at = schema;
        String[] steps = location.split("/");
        for (int i = 1; i < steps.length; i++) {
            String step = steps[i];
            boolean counts = !step.isEmpty() && step.chars().allMatch(Character::isDigit);
            int index = counts && step.length() < 9 ? Integer.parseInt(step) : -1;
            if (at != null && at.getType() == Schema.Type.RECORD && step.equals("fields") && i + 1 < steps.length) {
                continue;
            }
            if (at != null
                    && at.getType() == Schema.Type.RECORD
                    && steps[i - 1].equals("fields")
                    && index >= 0
                    && index < at.getFields().size()) {
                Schema.Field field = at.getFields().get(index);
                path.append('/').append(field.name());
                at = field.schema();
                continue;
            }
            path.append('/').append(step);
            at = child(at, step, index);
        }
        return path.toString();
    }

    private static Schema child(Schema at, String step, int index) {
        if (at == null || step.equals("type")) {
            return at;
        }
        return switch (at.getType()) {
            case ARRAY -> step.equals("items") ? at.getElementType() : at;
            case MAP -> step.equals("values") ? at.getValueType() : at;
            case UNION ->
                index >= 0 && index < at.getTypes().size() ? at.getTypes().get(index) : at;
            default -> at;
        };
    }

    private static String shown(Schema fragment) {
        return switch (fragment.getType()) {
            case RECORD -> "record " + fragment.getFullName();
            case ENUM -> "enum " + fragment.getFullName() + " " + fragment.getEnumSymbols();
            case FIXED -> "fixed " + fragment.getFullName() + " of " + fragment.getFixedSize() + " bytes";
            default -> fragment.toString().replace("\"", "");
        };
    }

    private static String fieldText(Schema.Field field) {
        return "field \"" + field.name() + "\" of type " + shown(field.schema()) + " without a default";
    }
}
