package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.RegisteredSchema;
import dev.millrace.server.schema.SchemaRegistry;
import dev.millrace.server.schema.SubjectName;
import dev.millrace.server.schema.Violation;
import java.util.List;

/** Subjects and their versions. */
final class SubjectRoutes {
    private static final String ALL_CONTEXTS = ":*:";

    private final SchemaRegistry registry;

    SubjectRoutes(SchemaRegistry registry) {
        this.registry = registry;
    }

    HttpAnswer list(HttpCall call) {
        boolean deletedOnly = call.flag("deletedOnly");
        boolean deleted = call.flag("deleted") || deletedOnly;
        String prefix = call.query("subjectPrefix").orElse(ALL_CONTEXTS);
        List<String> subjects = registry.subjects(schema -> deleted || !schema.deleted()).stream()
                .filter(subject -> inContext(call, subject) && hasPrefix(subject, prefix))
                .filter(subject -> !deletedOnly
                        || registry.requireVersions(subject, true).stream().allMatch(RegisteredSchema::deleted))
                .map(SubjectName::text)
                .toList();
        return SchemaJson.answer(SchemaJson.texts(page(call, subjects)));
    }

    static boolean inContext(HttpCall call, SubjectName subject) {
        return call.path("context") == null || subject.context().equals(SchemaRoutes.context(call));
    }

    static boolean hasPrefix(SubjectName subject, String prefix) {
        return prefix.startsWith(ALL_CONTEXTS)
                ? subject.name().startsWith(prefix.substring(ALL_CONTEXTS.length()))
                : subject.text().startsWith(prefix);
    }

    static <T> List<T> page(HttpCall call, List<T> items) {
        int from = Math.min(call.number("offset", 0), items.size());
        int limit = call.query("limit").orElse("-1").startsWith("-") ? items.size() : call.number("limit", 0);
        return items.subList(from, Math.min(items.size(), from + Math.min(limit, items.size() - from)));
    }

    HttpAnswer versions(HttpCall call) {
        boolean deletedOnly = call.flag("deletedOnly");
        List<Integer> versions =
                registry.requireVersions(SchemaRoutes.namedSubject(call), call.flag("deleted") || deletedOnly).stream()
                        .filter(schema -> !deletedOnly || schema.deleted())
                        .map(RegisteredSchema::version)
                        .toList();
        return SchemaJson.answer(SchemaJson.numbers(page(call, versions)));
    }

    HttpAnswer version(HttpCall call) {
        return SchemaJson.answer(SchemaJson.version(find(call)));
    }

    private RegisteredSchema find(HttpCall call) {
        return registry.version(SchemaRoutes.namedSubject(call), call.path("version"), call.flag("deleted"));
    }

    HttpAnswer text(HttpCall call) {
        return HttpAnswer.of(200, SchemaJson.CONTENT_TYPE, find(call).text());
    }

    HttpAnswer referencedBy(HttpCall call) {
        RegisteredSchema schema = find(call);
        return SchemaJson.answer(SchemaJson.numbers(registry.referencing(schema.subject(), schema.version()).stream()
                .map(RegisteredSchema::id)
                .distinct()
                .sorted()
                .toList()));
    }

    HttpAnswer register(HttpCall call) {
        RegisteredSchema schema = registry.register(
                        SchemaRoutes.namedSubject(call), SchemaJson.submission(call), call.flag("normalize"))
                .schema();
        ObjectNode body = SchemaJson.NODES
                .objectNode()
                .put("id", schema.id())
                .put("version", schema.version())
                .put("guid", schema.guid().toString());
        SchemaJson.content(body, schema);
        return SchemaJson.answer(body);
    }

    HttpAnswer lookup(HttpCall call) {
        return SchemaJson.answer(SchemaJson.version(registry.lookup(
                SchemaRoutes.namedSubject(call),
                SchemaJson.submission(call),
                call.flag("normalize"),
                call.flag("deleted"))));
    }

    HttpAnswer check(HttpCall call) {
        List<Violation> violations =
                registry.check(SchemaRoutes.namedSubject(call), SchemaJson.submission(call), call.path("version"));
        ObjectNode body = SchemaJson.NODES.objectNode().put("is_compatible", violations.isEmpty());
        if (call.flag("verbose") || call.flag("details")) {
            body.set(
                    "messages",
                    SchemaJson.texts(violations.stream().map(Violation::text).toList()));
        }
        if (call.flag("details")) {
            body.set("violations", SchemaJson.violations(violations));
        }
        return SchemaJson.answer(body);
    }

    HttpAnswer delete(HttpCall call) {
        return SchemaJson.answer(
                SchemaJson.numbers(registry.deleteSubject(SchemaRoutes.namedSubject(call), call.flag("permanent"))));
    }

    HttpAnswer deleteVersion(HttpCall call) {
        int version =
                registry.deleteVersion(SchemaRoutes.namedSubject(call), call.path("version"), call.flag("permanent"));
        return SchemaJson.answer(SchemaJson.NODES.numberNode(version));
    }
}
