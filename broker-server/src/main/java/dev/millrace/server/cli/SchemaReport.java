package dev.millrace.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryException.Incompatibility;
import java.util.List;

/** Shows schemas and why they are incompatible, to people and to scripts. */
final class SchemaReport {
    private static final ObjectMapper PRETTY =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private SchemaReport() {}

    /** A block for each incompatibility. */
    static String text(List<Incompatibility> found) {
        StringBuilder text = new StringBuilder();
        for (Incompatibility incompatibility : found) {
            text.append(incompatibility.path())
                    .append("  ")
                    .append(incompatibility.rule())
                    .append("  against version ")
                    .append(incompatibility.againstVersion())
                    .append(", ")
                    .append(incompatibility.direction())
                    .append('\n');
            text.append("  - ").append(incompatibility.older()).append('\n');
            text.append("  + ").append(incompatibility.newer()).append('\n');
            text.append("  fix: ").append(incompatibility.fix()).append('\n');
        }
        return text.toString();
    }

    static void json(JsonWriter json, List<Incompatibility> found) {
        json.name("incompatibilities").begin('[');
        for (Incompatibility incompatibility : found) {
            json.begin('{')
                    .field("path", incompatibility.path())
                    .field("rule", incompatibility.rule())
                    .field("old", incompatibility.older())
                    .field("new", incompatibility.newer())
                    .field("againstVersion", incompatibility.againstVersion())
                    .field("direction", incompatibility.direction())
                    .field("fix", incompatibility.fix())
                    .end('}');
        }
        json.end(']');
    }

    /** The text of a schema, a member on each line. */
    static List<String> lines(RegistrySchema schema) {
        if (schema.type().equals("PROTOBUF")) return schema.text().lines().toList();
        try {
            return PRETTY.writeValueAsString(PRETTY.readTree(schema.text()))
                    .lines()
                    .toList();
        } catch (JsonProcessingException notJson) {
            return schema.text().lines().toList();
        }
    }
}
