package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;

/** Compares the keywords of two JSON schemas that say something by themselves, such as types and bounds. */
final class JsonKeywords {
    private static final Set<String> ALL_TYPES =
            Set.of("null", "boolean", "object", "array", "number", "integer", "string");

    /** What may bring names that {@code unevaluatedProperties} then lets pass. */
    private static final List<String> NAMING = List.of("if", "then", "else", "dependentSchemas", "allOf", "$ref");

    /** What changes the meaning of a keyword beside which it stands. */
    private static final Map<String, List<String>> DEPENDS_ON =
            Map.of("contains", List.of("minContains"), "unevaluatedItems", List.of("items", "prefixItems", "contains"));

    private final String path;
    private final JsonNode reader;
    private final JsonNode writer;
    private final List<Mismatch> found;

    JsonKeywords(String path, JsonNode reader, JsonNode writer, List<Mismatch> found) {
        this.path = path;
        this.reader = reader;
        this.writer = writer;
        this.found = found;
    }

    /** The types that a schema allows; all of them where it names none. */
    static Set<String> types(JsonNode schema) {
        JsonNode type = schema.get("type");
        if (type == null) {
            return ALL_TYPES;
        }
        Set<String> types = new TreeSet<>();
        if (type.isTextual()) {
            types.add(type.textValue());
        }
        type.forEach(item -> types.add(item.asText()));
        if (types.contains("number")) {
            types.add("integer");
        }
        return types;
    }

    /** How many items have a schema of their own. */
    static int tupleSize(JsonNode schema) {
        JsonNode tuple = schema.has("prefixItems") ? schema.get("prefixItems") : schema.get("items");
        return tuple != null && tuple.isArray() ? tuple.size() : 0;
    }

    /** The schema of the item at this index. */
    static JsonNode item(JsonNode schema, int index) {
        JsonNode items = schema.get("items");
        JsonNode prefix = schema.get("prefixItems");
        if (prefix != null && prefix.isArray()) {
            return index < prefix.size() ? prefix.get(index) : items == null ? BooleanNode.TRUE : items;
        }
        if (items != null && items.isArray()) {
            JsonNode rest = schema.get("additionalItems");
            return index < items.size() ? items.get(index) : rest == null ? BooleanNode.TRUE : rest;
        }
        return items == null ? BooleanNode.TRUE : items;
    }

    static JsonNode additional(JsonNode schema) {
        JsonNode additional = schema.get("additionalProperties");
        return additional == null ? BooleanNode.TRUE : additional;
    }

    /** What a reader accepts under a name that it does not know; at least so much. */
    static JsonNode readRest(JsonNode schema) {
        JsonNode unevaluated = schema.get("unevaluatedProperties");
        return unevaluated == null || schema.has("additionalProperties") ? additional(schema) : unevaluated;
    }

    /** What a writer may write under a name that its schema does not have; at most so much. */
    static JsonNode writtenRest(JsonNode schema) {
        return NAMING.stream().anyMatch(schema::has) ? additional(schema) : readRest(schema);
    }

    /** False where nothing more is to be said. */
    boolean compareTypes() {
        Set<String> reads = types(reader);
        Set<String> writes = types(writer);
        if (reads.containsAll(writes)) {
            return true;
        }
        Set<String> common = new HashSet<>(reads);
        common.retainAll(writes);
        add(
                "/type",
                common.isEmpty() ? "TYPE_CHANGED" : "TYPE_NARROWED",
                text(reader, "type"),
                text(writer, "type"),
                "allow " + text(writer, "type") + " as well",
                "keep to " + text(reader, "type"));
        return false;
    }

    boolean compareEnums() {
        Set<JsonNode> reads = values(reader);
        if (reads == null) {
            return true;
        }
        Set<JsonNode> writes = values(writer);
        if (writes != null && reads.containsAll(writes)) {
            return true;
        }
        String missing = writes == null
                ? "any value"
                : writes.stream()
                        .filter(value -> !reads.contains(value))
                        .toList()
                        .toString();
        add(
                "/enum",
                writes == null ? "ENUM_ARRAY_ADDED" : "ENUM_ARRAY_NARROWED",
                reads.toString(),
                writes == null ? missing : writes.toString(),
                "allow " + missing + " as well",
                "do not write " + missing + ", which readers with the older schema do not know");
        return false;
    }

    private static Set<JsonNode> values(JsonNode schema) {
        if (schema.has("const")) {
            return Set.of(schema.get("const"));
        }
        JsonNode values = schema.get("enum");
        if (values == null || !values.isArray()) {
            return null;
        }
        Set<JsonNode> set = new HashSet<>();
        values.forEach(set::add);
        return set;
    }

    void compareOpaque(List<String> keywords, BiPredicate<JsonNode, JsonNode> same) {
        for (String keyword : keywords) {
            JsonNode reads = reader.get(keyword);
            JsonNode writes = writer.get(keyword);
            boolean asItWas = reads != null
                    && writes != null
                    && same.test(reads, writes)
                    && DEPENDS_ON.getOrDefault(keyword, List.of()).stream()
                            .allMatch(other -> Objects.equals(reader.get(other), writer.get(other)));
            if (reads != null && !asItWas) {
                add(
                        "/" + keyword,
                        "KEYWORD_CHANGED",
                        reads.toString(),
                        text(writer, keyword),
                        "leave \"" + keyword + "\" as it was",
                        "leave \"" + keyword + "\" as it was");
            }
        }
    }

    void compareNumbers() {
        lowerBound("minimum", "MINIMUM");
        upperBound("maximum", "MAXIMUM");
        lowerBound("exclusiveMinimum", "EXCLUSIVE_MINIMUM");
        upperBound("exclusiveMaximum", "EXCLUSIVE_MAXIMUM");
        JsonNode reads = reader.get("multipleOf");
        if (reads != null) {
            JsonNode writes = writer.get("multipleOf");
            boolean fits = writes != null
                    && reads.decimalValue().signum() > 0
                    && writes.decimalValue().remainder(reads.decimalValue()).signum() == 0;
            if (!fits) {
                bound("multipleOf", writes == null ? "MULTIPLE_OF_ADDED" : "MULTIPLE_OF_CHANGED");
            }
        }
    }

    void compareStrings() {
        lowerBound("minLength", "MIN_LENGTH");
        upperBound("maxLength", "MAX_LENGTH");
        JsonNode reads = reader.get("pattern");
        if (reads != null && !reads.equals(writer.get("pattern"))) {
            bound("pattern", writer.has("pattern") ? "PATTERN_CHANGED" : "PATTERN_ADDED");
        }
    }

    void compareArrayBounds() {
        lowerBound("minItems", "MIN_ITEMS");
        upperBound("maxItems", "MAX_ITEMS");
        if (reader.path("uniqueItems").asBoolean()
                && !writer.path("uniqueItems").asBoolean()) {
            bound("uniqueItems", "UNIQUE_ITEMS_ADDED");
        }
    }

    void compareObjectBounds() {
        lowerBound("minProperties", "MIN_PROPERTIES");
        upperBound("maxProperties", "MAX_PROPERTIES");
        Set<String> written = new TreeSet<>();
        writer.path("required").forEach(name -> written.add(name.asText()));
        for (JsonNode required : reader.path("required")) {
            String name = required.asText();
            boolean hasDefault = reader.path("properties").path(name).has("default");
            if (!written.contains(name) && !hasDefault) {
                add(
                        "/required/" + name,
                        "REQUIRED_ATTRIBUTE_ADDED",
                        "\"" + name + "\" is required",
                        "\"" + name + "\" is not required",
                        "make \"" + name + "\" optional, or give it a default",
                        "keep \"" + name + "\" required; readers with the older schema rely on it");
            }
        }
    }

    private void lowerBound(String keyword, String rule) {
        bound(keyword, rule, "INCREASED", 1);
    }

    private void upperBound(String keyword, String rule) {
        bound(keyword, rule, "DECREASED", -1);
    }

    private void bound(String keyword, String rule, String change, int narrower) {
        JsonNode reads = reader.get(keyword);
        // Draft 4 has exclusiveMinimum: true beside minimum.
        if (reads == null || reads.isBoolean() && !reads.booleanValue()) {
            return;
        }
        JsonNode writes = writer.get(keyword);
        if (writes == null || reads.isNumber() != writes.isNumber()) {
            bound(keyword, rule + "_ADDED");
        } else if (reads.isNumber()) {
            BigDecimal limit = reads.decimalValue();
            if (limit.compareTo(writes.decimalValue()) == narrower) {
                bound(keyword, rule + "_" + change);
            }
        }
    }

    private void bound(String keyword, String rule) {
        String writes = text(writer, keyword);
        add(
                "/" + keyword,
                rule,
                text(reader, keyword),
                writes,
                "leave \"" + keyword + "\" at " + writes,
                "leave \"" + keyword + "\" at " + text(reader, keyword));
    }

    private static String text(JsonNode schema, String keyword) {
        JsonNode value = schema.get(keyword);
        return value == null ? "none" : value.toString();
    }

    private void add(String at, String rule, String reads, String writes, String fixReader, String fixWriter) {
        found.add(new Mismatch(path + at, rule, reads, writes, fixReader, fixWriter));
    }
}
