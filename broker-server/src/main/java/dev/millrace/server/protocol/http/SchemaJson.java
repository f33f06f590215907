package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.RegisteredSchema;
import dev.millrace.server.schema.SchemaReference;
import dev.millrace.server.schema.SchemaRefusal;
import dev.millrace.server.schema.SchemaSubmission;
import dev.millrace.server.schema.Violation;
import dev.millrace.server.schema.format.SchemaType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The bodies of the schema registry, as clients of such registries know them. */
final class SchemaJson {
    static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private SchemaJson() {}

    static HttpAnswer answer(JsonNode body) {
        return HttpAnswer.of(200, CONTENT_TYPE, body.toString());
    }

    static HttpAnswer error(int status, int code, String message) {
        return HttpAnswer.of(status, CONTENT_TYPE, errorBody(code, message).toString());
    }

    private static ObjectNode errorBody(int code, String message) {
        return NODES.objectNode().put("error_code", code).put("message", message);
    }

    /** @param detailed with the reasons one by one, for clients that asked for them */
    static HttpAnswer error(SchemaRefusal refusal, boolean detailed) {
        ObjectNode body = errorBody(refusal.code(), refusal.getMessage());
        if (detailed) {
            body.set("violations", violations(refusal.violations()));
        }
        return HttpAnswer.of(refusal.status(), CONTENT_TYPE, body.toString());
    }

    static ArrayNode violations(List<Violation> violations) {
        ArrayNode array = NODES.arrayNode();
        for (Violation violation : violations) {
            array.addObject()
                    .put("path", violation.path())
                    .put("rule", violation.rule())
                    .put("old", violation.older())
                    .put("new", violation.newer())
                    .put("againstVersion", violation.againstVersion())
                    .put("direction", violation.direction().name())
                    .put("fix", violation.fix());
        }
        return array;
    }

    static ArrayNode texts(Collection<String> texts) {
        ArrayNode array = NODES.arrayNode();
        texts.forEach(array::add);
        return array;
    }

    static ArrayNode numbers(Collection<Integer> numbers) {
        ArrayNode array = NODES.arrayNode();
        numbers.forEach(array::add);
        return array;
    }

    /** A version of a subject. Avro is what clients take for granted, so it is not named. */
    static ObjectNode version(RegisteredSchema schema) {
        ObjectNode body = NODES.objectNode()
                .put("subject", schema.subject().text())
                .put("version", schema.version())
                .put("id", schema.id())
                .put("guid", schema.guid().toString());
        content(body, schema);
        if (schema.deleted()) {
            body.put("deleted", true);
        }
        return body;
    }

    static void content(ObjectNode body, RegisteredSchema schema) {
        if (schema.type() != SchemaType.AVRO) {
            body.put("schemaType", schema.type().name());
        }
        if (!schema.references().isEmpty()) {
            ArrayNode references = body.putArray("references");
            for (SchemaReference reference : schema.references()) {
                references
                        .addObject()
                        .put("name", reference.name())
                        .put("subject", reference.subject())
                        .put("version", reference.version());
            }
        }
        body.put("schema", schema.text());
    }

    /** Fails: {@link SchemaRefusal} INVALID_SCHEMA, {@link HttpProblem}. */
    static SchemaSubmission submission(HttpCall call) {
        ObjectNode body = JsonBody.object(call);
        String text = JsonBody.text(body, "schema");
        if (text == null || text.isBlank()) {
            throw new SchemaRefusal(SchemaRefusal.INVALID_SCHEMA, "Invalid schema: Empty schema");
        }
        requireAbsent(body, "ruleSet");
        requireAbsent(body, "metadata");
        String typeName = JsonBody.text(body, "schemaType");
        SchemaType type = typeName == null
                ? SchemaType.AVRO
                : SchemaType.of(typeName)
                        .orElseThrow(() -> new SchemaRefusal(
                                SchemaRefusal.INVALID_SCHEMA,
                                "Invalid schema: Invalid schema type " + HttpProblem.shown(typeName)
                                        + "; there are AVRO, JSON and PROTOBUF"));
        int version = JsonBody.number(body, "version");
        return new SchemaSubmission(
                type, text, references(body), Math.max(0, JsonBody.number(body, "id")), Math.max(0, version));
    }

    /** What is not kept is refused rather than forgotten. */
    private static void requireAbsent(ObjectNode body, String member) {
        JsonNode value = body.get(member);
        if (value != null && !value.isNull() && !value.isEmpty()) {
            throw new SchemaRefusal(
                    SchemaRefusal.INVALID_SCHEMA,
                    "Invalid schema: \"" + member + "\" is not supported by this registry; leave it out");
        }
    }

    private static List<SchemaReference> references(ObjectNode body) {
        List<SchemaReference> references = new ArrayList<>();
        JsonNode list = body.get("references");
        if (list == null || list.isNull()) {
            return references;
        }
        if (!list.isArray()) {
            throw new HttpProblem(400, "bad_request", "\"references\" must be an array");
        }
        for (JsonNode item : list) {
            if (!(item instanceof ObjectNode reference)) {
                throw new HttpProblem(400, "bad_request", "a reference must be an object");
            }
            String name = JsonBody.text(reference, "name");
            String subject = JsonBody.text(reference, "subject");
            if (name == null || subject == null) {
                throw new SchemaRefusal(
                        SchemaRefusal.INVALID_SCHEMA, "Invalid schema: a reference needs name, subject and version");
            }
            references.add(new SchemaReference(name, subject, JsonBody.number(reference, "version")));
        }
        return references;
    }
}
