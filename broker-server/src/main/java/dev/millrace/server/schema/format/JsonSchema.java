package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.ExecutionConfig;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.PatternSyntaxException;

/** A JSON schema, of the drafts 4, 6, 7, 2019-09 and 2020-12; one that names no draft is of draft 7. */
final class JsonSchema implements ParsedSchema {
    private static final String BASE = "millrace:/schema/";
    private static final Map<String, SpecificationVersion> DRAFTS = Map.of(
            "draft-04", SpecificationVersion.DRAFT_4,
            "draft-06", SpecificationVersion.DRAFT_6,
            "draft-07", SpecificationVersion.DRAFT_7,
            "2019-09", SpecificationVersion.DRAFT_2019_09,
            "2020-12", SpecificationVersion.DRAFT_2020_12);

    /** Reading one takes longer than reading a usual schema. */
    private static final Map<SpecificationVersion, Schema> META_SCHEMAS = new ConcurrentHashMap<>();

    private final JsonDocument document;
    private final JsonValues values;

    private JsonSchema(JsonDocument document, JsonValues values) {
        this.document = document;
        this.values = values;
    }

    static JsonSchema parse(SchemaSource source) {
        JsonDocument document = JsonDocument.of(source);
        SpecificationVersion draft = draft(document.text());
        try {
            requireValid(document.text(), draft);
            Map<String, String> texts = new HashMap<>();
            addTexts(document, texts);
            CountedPatterns patterns = new CountedPatterns();
            SchemaRegistryConfig config = SchemaRegistryConfig.builder()
                    .regularExpressionFactory(patterns)
                    .build();
            Schema validator = SchemaRegistry.withDefaultDialect(
                            draft, builder -> builder.schemas(texts).schemaRegistryConfig(config))
                    .getSchema(SchemaLocation.of(BASE + "root.json"), document.text());
            validator.initializeValidators();
            ExecutionConfig execution = validator.createExecutionContext().getExecutionConfig();
            return new JsonSchema(document, new JsonValues(validator, execution, patterns));
        } catch (SchemaException | PatternSyntaxException e) {
            throw new UnusableSchemaException("it is no JSON schema: " + e.getMessage(), e);
        } catch (IllegalArgumentException | IllegalStateException | NullPointerException | ClassCastException e) {
            // Whatever the library stumbles over is the schema's fault here.
            throw new UnusableSchemaException("it is no JSON schema: " + e, e);
        }
    }

    private static SpecificationVersion draft(JsonNode root) {
        JsonNode named = root.get("$schema");
        if (named == null || !named.isTextual()) {
            return SpecificationVersion.DRAFT_7;
        }
        return DRAFTS.entrySet().stream()
                .filter(draft -> named.textValue().contains(draft.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow(() -> new UnusableSchemaException(
                        "its $schema is \"" + named.textValue() + "\"; drafts 4, 6, 7, 2019-09 and 2020-12 are known"));
    }

    private static void requireValid(JsonNode root, SpecificationVersion draft) {
        List<Error> errors =
                META_SCHEMAS.computeIfAbsent(draft, JsonSchema::metaSchema).validate(root);
        if (!errors.isEmpty()) {
            throw new UnusableSchemaException("it is no JSON schema: " + JsonValues.text(errors));
        }
    }

    private static Schema metaSchema(SpecificationVersion draft) {
        // Its own patterns are checked by the same rules as they are matched with.
        SchemaRegistryConfig config = SchemaRegistryConfig.builder()
                .regularExpressionFactory(new CountedPatterns())
                .build();
        return SchemaRegistry.withDefaultDialect(draft, builder -> builder.schemaRegistryConfig(config))
                .getSchema(SchemaLocation.of(draft.getDialectId()));
    }

    private static void addTexts(JsonDocument document, Map<String, String> texts) {
        document.references().forEach((name, reference) -> {
            String text = reference.text().toString();
            texts.putIfAbsent(name, text);
            texts.putIfAbsent(BASE + name, text);
            JsonNode id = document.text().get("$id");
            if (id != null && id.isTextual() && id.textValue().contains("/")) {
                texts.putIfAbsent(id.textValue().substring(0, id.textValue().lastIndexOf('/') + 1) + name, text);
            }
            JsonNode own = reference.text().get("$id");
            if (own != null && own.isTextual()) {
                texts.putIfAbsent(own.textValue(), text);
            }
            addTexts(reference, texts);
        });
    }

    @Override
    public SchemaType type() {
        return SchemaType.JSON;
    }

    @Override
    public String canonical() {
        return document.text().toString();
    }

    @Override
    public String normalized() {
        return JsonTexts.sorted(document.text()).toString();
    }

    @Override
    public String name() {
        JsonNode title = document.text().get("title");
        return title != null && title.isTextual() ? title.textValue() : "";
    }

    @Override
    public ValueCheck values() {
        return values;
    }

    @Override
    public List<Mismatch> mismatches(ParsedSchema writer, Strictness strictness) {
        JsonDocument written = ((JsonSchema) writer).document;
        return new JsonSchemaDiff(strictness)
                .compare(
                        new JsonDocument.Place(document.root(), document),
                        new JsonDocument.Place(written.root(), written));
    }
}
