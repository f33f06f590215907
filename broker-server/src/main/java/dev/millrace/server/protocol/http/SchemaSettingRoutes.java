package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.Compatibility;
import dev.millrace.server.schema.RegistryMode;
import dev.millrace.server.schema.SchemaRefusal;
import dev.millrace.server.schema.SchemaRegistry;
import dev.millrace.server.schema.SubjectName;
import dev.millrace.server.schema.SubjectSettings;
import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import java.util.Arrays;
import java.util.Locale;

/** Compatibility and mode, of a subject, a context or everything. */
final class SchemaSettingRoutes {
    private final SchemaRegistry registry;

    SchemaSettingRoutes(SchemaRegistry registry) {
        this.registry = registry;
    }

    HttpAnswer config(HttpCall call) {
        SubjectName subject = SchemaRoutes.subject(call);
        boolean inherited = subject.name().isEmpty() || call.flag("defaultToGlobal");
        SubjectSettings own = registry.ownSettings(subject);
        if (own == null && !inherited) {
            throw new SchemaRefusal(
                    SchemaRefusal.SUBJECT_CONFIG_NOT_FOUND,
                    "Subject '" + subject + "' does not have subject-level compatibility configured");
        }
        return SchemaJson.answer(body("compatibilityLevel", inherited ? registry.settings(subject) : own));
    }

    private static ObjectNode body(String levelName, SubjectSettings settings) {
        ObjectNode body = SchemaJson.NODES.objectNode();
        if (settings.normalize() != null && settings.normalize()) {
            body.put("normalize", true);
        }
        if (settings.policy() == Strictness.LENIENT) {
            body.put("compatibilityPolicy", settings.policy().name());
        }
        if (settings.compatibility() != null) {
            body.put(levelName, settings.compatibility().name());
        }
        return body;
    }

    HttpAnswer setConfig(HttpCall call) {
        SubjectName subject = SchemaRoutes.subject(call);
        ObjectNode body = JsonBody.object(call);
        String level = JsonBody.text(body, "compatibility");
        String policy = JsonBody.text(body, "compatibilityPolicy");
        JsonNode normalize = body.get("normalize");
        SubjectSettings changes = new SubjectSettings(
                level == null ? null : compatibility(level),
                policy == null ? null : strictness(policy),
                normalize == null || normalize.isNull() ? null : normalize.asBoolean());
        if (changes.equals(SubjectSettings.NONE)) {
            throw invalidCompatibility();
        }
        registry.set(subject, changes);
        return SchemaJson.answer(body("compatibility", changes));
    }

    private static Compatibility compatibility(String level) {
        return Compatibility.of(level).orElseThrow(SchemaSettingRoutes::invalidCompatibility);
    }

    private static SchemaRefusal invalidCompatibility() {
        return new SchemaRefusal(
                SchemaRefusal.INVALID_COMPATIBILITY,
                "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive,"
                        + " forward_transitive, and full_transitive");
    }

    private static Strictness strictness(String policy) {
        return Arrays.stream(Strictness.values())
                .filter(known -> known.name().equals(policy.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new SchemaRefusal(
                        SchemaRefusal.INVALID_COMPATIBILITY,
                        "Invalid compatibility policy. Valid values are STRICT and LENIENT"));
    }

    HttpAnswer deleteConfig(HttpCall call) {
        return SchemaJson.answer(body("compatibilityLevel", registry.unset(SchemaRoutes.subject(call))));
    }

    HttpAnswer mode(HttpCall call) {
        SubjectName subject = SchemaRoutes.subject(call);
        boolean inherited = subject.name().isEmpty() || call.flag("defaultToGlobal");
        RegistryMode own = registry.ownMode(subject);
        if (own == null && !inherited) {
            throw new SchemaRefusal(
                    SchemaRefusal.SUBJECT_MODE_NOT_FOUND,
                    "Subject '" + subject + "' does not have subject-level mode configured");
        }
        return mode(inherited ? registry.mode(subject) : own);
    }

    HttpAnswer setMode(HttpCall call) {
        String name = JsonBody.text(JsonBody.object(call), "mode");
        RegistryMode mode = RegistryMode.of(name == null ? "" : name)
                .orElseThrow(() -> new SchemaRefusal(
                        SchemaRefusal.INVALID_MODE,
                        "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT"));
        registry.setMode(SchemaRoutes.subject(call), mode, call.flag("force"));
        return mode(mode);
    }

    HttpAnswer deleteMode(HttpCall call) {
        return mode(registry.unsetMode(SchemaRoutes.subject(call)));
    }

    private static HttpAnswer mode(RegistryMode mode) {
        return SchemaJson.answer(SchemaJson.NODES.objectNode().put("mode", mode.name()));
    }
}
