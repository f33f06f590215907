package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.RegisteredSchema;
import dev.millrace.server.schema.SchemaRefusal;
import dev.millrace.server.schema.SchemaRegistry;
import dev.millrace.server.schema.SubjectName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Schemas by what names them everywhere: id and guid. */
final class SchemaIdRoutes {
    private final SchemaRegistry registry;

    SchemaIdRoutes(SchemaRegistry registry) {
        this.registry = registry;
    }

    HttpAnswer types(HttpCall call) {
        return SchemaJson.answer(SchemaJson.texts(List.of("JSON", "PROTOBUF", "AVRO")));
    }

    HttpAnswer list(HttpCall call) {
        String prefix = call.query("subjectPrefix").orElse(":*:");
        boolean deleted = call.flag("deleted");
        List<RegisteredSchema> found = registry.all(schema -> (deleted || !schema.deleted())
                && SubjectRoutes.inContext(call, schema.subject())
                && SubjectRoutes.hasPrefix(schema.subject(), prefix));
        if (call.flag("latestOnly")) {
            Map<SubjectName, RegisteredSchema> latest = new LinkedHashMap<>();
            found.forEach(schema -> latest.put(schema.subject(), schema));
            found = List.copyOf(latest.values());
        }
        ArrayNode body = SchemaJson.NODES.arrayNode();
        SubjectRoutes.page(call, found).forEach(schema -> body.add(SchemaJson.version(schema)));
        return SchemaJson.answer(body);
    }

    HttpAnswer schema(HttpCall call) {
        RegisteredSchema schema = ofId(call).get(0);
        ObjectNode body = SchemaJson.NODES.objectNode();
        SchemaJson.content(body, schema);
        body.put("guid", schema.guid().toString());
        if (call.flag("fetchMaxId")) {
            body.put("maxId", registry.lastId(schema.subject().context()));
        }
        return SchemaJson.answer(body);
    }

    HttpAnswer text(HttpCall call) {
        return HttpAnswer.of(200, SchemaJson.CONTENT_TYPE, ofId(call).get(0).text());
    }

    HttpAnswer subjects(HttpCall call) {
        return SchemaJson.answer(SchemaJson.texts(shown(call).stream()
                .map(schema -> schema.subject().text())
                .distinct()
                .sorted()
                .toList()));
    }

    HttpAnswer versions(HttpCall call) {
        ArrayNode body = SchemaJson.NODES.arrayNode();
        for (RegisteredSchema schema : shown(call)) {
            body.addObject().put("subject", schema.subject().text()).put("version", schema.version());
        }
        return SchemaJson.answer(body);
    }

    private List<RegisteredSchema> shown(HttpCall call) {
        List<RegisteredSchema> shown = ofId(call).stream()
                .filter(schema -> call.flag("deleted") || !schema.deleted())
                .filter(schema -> call.query("subject")
                        .map(SubjectName::parse)
                        .filter(subject -> !subject.name().isEmpty())
                        .map(schema.subject()::equals)
                        .orElse(true))
                .toList();
        return SubjectRoutes.page(call, shown);
    }

    private List<RegisteredSchema> ofId(HttpCall call) {
        String text = call.path("id");
        int id;
        try {
            id = Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            throw new SchemaRefusal(
                    SchemaRefusal.SCHEMA_NOT_FOUND,
                    "Schema " + HttpProblem.shown(text) + " not found: an id is a number");
        }
        return registry.withId(SchemaRoutes.context(call), id);
    }

    HttpAnswer schemaOfGuid(HttpCall call) {
        RegisteredSchema schema = ofGuid(call).get(0);
        ObjectNode body = SchemaJson.NODES.objectNode();
        SchemaJson.content(body, schema);
        return SchemaJson.answer(body.put("guid", schema.guid().toString()));
    }

    HttpAnswer idsOfGuid(HttpCall call) {
        ArrayNode body = SchemaJson.NODES.arrayNode();
        Map<String, Integer> ids = new LinkedHashMap<>();
        ofGuid(call).forEach(schema -> ids.put(schema.subject().context(), schema.id()));
        ids.forEach((context, id) -> body.addObject().put("context", context).put("id", id));
        return SchemaJson.answer(body);
    }

    private List<RegisteredSchema> ofGuid(HttpCall call) {
        String text = call.path("guid");
        try {
            return registry.withGuid(UUID.fromString(text));
        } catch (IllegalArgumentException malformed) {
            throw new SchemaRefusal(
                    SchemaRefusal.SCHEMA_NOT_FOUND, "Schema " + HttpProblem.shown(text) + " not found: it is no guid");
        }
    }
}
