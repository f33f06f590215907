package dev.millrace.server.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/** Describes the configuration file to editors, as JSON Schema (draft 2020-12). */
public final class ConfigSchema {
    private ConfigSchema() {}

    /** The schema as indented JSON. */
    public static String json() {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("title", "Millrace configuration");
        root.put("description", "The configuration file of a Millrace broker, config/millrace.yaml.");
        Map<String, ObjectNode> propertiesOf = new HashMap<>();
        propertiesOf.put("", closed(root));
        Keys.SECTIONS.forEach((path, doc) -> {
            ObjectNode section = child(propertiesOf, path).put("description", doc);
            propertiesOf.put(path, closed(section));
        });
        for (Key<?> key : Keys.ALL) describe(key, child(propertiesOf, key.path()));
        return root.toPrettyString();
    }

    private static ObjectNode child(Map<String, ObjectNode> propertiesOf, String path) {
        int dot = path.lastIndexOf('.');
        String parent = dot < 0 ? "" : path.substring(0, dot);
        return propertiesOf.get(parent).putObject(path.substring(dot + 1));
    }

    /** An object without unknown keys; a section whose keys are all commented out is null. Gives its properties. */
    private static ObjectNode closed(ObjectNode schema) {
        schema.putArray("type").add("object").add("null");
        schema.put("additionalProperties", false);
        return schema.putObject("properties");
    }

    private static <T> void describe(Key<T> key, ObjectNode schema) {
        schema.put("description", key.doc() + " Allowed: " + key.allowed() + ".");
        key.type().describe(schema);
        T value = key.type().parse(key.defaultText()).orThrow();
        if (value instanceof Integer number) {
            schema.put("default", number);
        } else if (value instanceof Boolean flag) {
            schema.put("default", flag);
        } else {
            schema.put("default", key.defaultText());
        }
    }
}
