package dev.millrace.server.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import dev.millrace.server.schema.format.SchemaType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Entries as records: key and value are JSON, for people who read the topic.
 *
 * <pre>
 * {"keytype":"SCHEMA","subject":"orders-value","version":1}  {"id":1,"guid":"…","schemaType":"AVRO","schema":"…", …} or null
 * {"keytype":"CONFIG","subject":"orders-value"}              {"compatibility":"FULL"} or null
 * {"keytype":"MODE","subject":""}                            {"mode":"READONLY"} or null
 * </pre>
 */
final class RegistryCodec {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private RegistryCodec() {}

    static byte[] key(RegistryEntry entry) {
        ObjectNode key = NODES.objectNode();
        if (entry instanceof RegistryEntry.Version version) {
            key.put("keytype", "SCHEMA")
                    .put("subject", version.schema().subject().text())
                    .put("version", version.schema().version());
        } else if (entry instanceof RegistryEntry.VersionGone gone) {
            key.put("keytype", "SCHEMA").put("subject", gone.subject().text()).put("version", gone.version());
        } else if (entry instanceof RegistryEntry.Settings settings) {
            key.put("keytype", "CONFIG").put("subject", settings.subject().text());
        } else if (entry instanceof RegistryEntry.Mode mode) {
            key.put("keytype", "MODE").put("subject", mode.subject().text());
        }
        return bytes(key);
    }

    /** Null where the key has no value any more. */
    static byte[] value(RegistryEntry entry) {
        ObjectNode value = NODES.objectNode();
        if (entry instanceof RegistryEntry.Version version) {
            write(value, version.schema());
        } else if (entry instanceof RegistryEntry.Settings settings && settings.settings() != null) {
            SubjectSettings set = settings.settings();
            value.put(
                    "compatibility",
                    set.compatibility() == null ? null : set.compatibility().name());
            value.put(
                    "compatibilityPolicy",
                    set.policy() == null ? null : set.policy().name());
            value.put("normalize", set.normalize());
        } else if (entry instanceof RegistryEntry.Mode mode && mode.mode() != null) {
            value.put("mode", mode.mode().name());
        } else {
            return null;
        }
        return bytes(value);
    }

    private static void write(ObjectNode value, RegisteredSchema schema) {
        value.put("id", schema.id())
                .put("guid", schema.guid().toString())
                .put("schemaType", schema.type().name())
                .put("schema", schema.text())
                .put("deleted", schema.deleted());
        ArrayNode references = value.putArray("references");
        for (SchemaReference reference : schema.references()) {
            references
                    .addObject()
                    .put("name", reference.name())
                    .put("subject", reference.subject())
                    .put("version", reference.version());
        }
    }

    /** Fails: {@link IllegalArgumentException} for what no version of the registry writes. */
    static RegistryEntry read(byte[] keyBytes, byte[] valueBytes) {
        try {
            JsonNode key = MAPPER.readTree(keyBytes);
            JsonNode value = valueBytes == null ? null : MAPPER.readTree(valueBytes);
            SubjectName subject = SubjectName.parse(key.path("subject").asText());
            return switch (key.path("keytype").asText()) {
                case "SCHEMA" ->
                    value == null
                            ? new RegistryEntry.VersionGone(
                                    subject, key.path("version").asInt())
                            : new RegistryEntry.Version(
                                    schema(subject, key.path("version").asInt(), value));
                case "CONFIG" -> new RegistryEntry.Settings(subject, value == null ? null : settings(value));
                case "MODE" ->
                    new RegistryEntry.Mode(
                            subject,
                            value == null
                                    ? null
                                    : RegistryMode.valueOf(value.path("mode").asText()));
                default -> throw new IllegalArgumentException("unknown key " + key);
            };
        } catch (IOException | SchemaRefusal e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static RegisteredSchema schema(SubjectName subject, int version, JsonNode value) {
        List<SchemaReference> references = new ArrayList<>();
        for (JsonNode reference : value.path("references")) {
            references.add(new SchemaReference(
                    reference.path("name").asText(),
                    reference.path("subject").asText(),
                    reference.path("version").asInt()));
        }
        return new RegisteredSchema(
                subject,
                version,
                value.path("id").asInt(),
                UUID.fromString(value.path("guid").asText()),
                SchemaType.valueOf(value.path("schemaType").asText()),
                value.path("schema").asText(),
                references,
                value.path("deleted").asBoolean());
    }

    private static SubjectSettings settings(JsonNode value) {
        return new SubjectSettings(
                value.hasNonNull("compatibility")
                        ? Compatibility.valueOf(value.get("compatibility").asText())
                        : null,
                value.hasNonNull("compatibilityPolicy")
                        ? Strictness.valueOf(value.get("compatibilityPolicy").asText())
                        : null,
                value.hasNonNull("normalize") ? value.get("normalize").asBoolean() : null);
    }

    private static byte[] bytes(ObjectNode node) {
        return node.toString().getBytes(StandardCharsets.UTF_8);
    }
}
