package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.format.JsonDocument.Place;
import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a reader's JSON schema accepts every document that a writer's accepts: not decided by trying documents, but
 * keyword by keyword. Both are first spread into alternatives ({@code anyOf}, {@code oneOf}) that hold all of their
 * {@code allOf}; each of the writer's must be accepted by one of the reader's. Where that cannot be told, the answer is no.
 */
final class JsonSchemaDiff {
    /** Pairs of schemas looked at; beyond it the two are too complex. */
    private static final int PAIRS_MAX = 50_000;

    private static final int ALTERNATIVES_MAX = 64;
    private static final List<String> COMBINING = List.of("allOf", "anyOf", "oneOf");
    /** Compared as they are: what differs counts as narrower. */
    private static final List<String> OPAQUE = List.of(
            "not",
            "if",
            "then",
            "else",
            "contains",
            "minContains",
            "maxContains",
            "propertyNames",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedProperties",
            "unevaluatedItems");

    private final Strictness strictness;
    private int pairs;
    /** Pairs that are being compared further up: a schema that contains itself is taken to match until shown otherwise. */
    private final Set<Pair> open = new HashSet<>();

    /** By identity: the same text at another place is another schema. */
    private record Pair(JsonNode reader, JsonNode writer) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Pair pair && pair.reader == reader && pair.writer == writer;
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(reader) + System.identityHashCode(writer);
        }
    }

    JsonSchemaDiff(Strictness strictness) {
        this.strictness = strictness;
    }

    List<Mismatch> compare(Place reader, Place writer) {
        List<Mismatch> found = new ArrayList<>();
        compare("", reader, writer, found);
        return found;
    }

    private void compare(String path, Place reader, Place writer, List<Mismatch> found) {
        if (++pairs > PAIRS_MAX) {
            throw new UnusableSchemaException(
                    "comparing it takes more than " + PAIRS_MAX + " steps; split it, or use fewer" + " alternatives");
        }
        Place reads = JsonDocument.follow(reader, path);
        Place writes = JsonDocument.follow(writer, path);
        Pair pair = new Pair(reads.node(), writes.node());
        if (acceptsAll(reads.node()) || acceptsNothing(writes.node()) || !open.add(pair)) {
            return;
        }
        if (acceptsNothing(reads.node())) {
            found.add(new Mismatch(
                    path, "SCHEMA_FORBIDS", "false", writes.node().toString(), "allow the value", "do not write it"));
            return;
        }
        List<Place> readings = alternatives(reads, path);
        List<Place> writings = alternatives(writes, path);
        for (Place writing : writings) {
            compareWithAny(path, readings, writing, found);
        }
        open.remove(pair);
    }

    private void compareWithAny(String path, List<Place> readings, Place writing, List<Mismatch> found) {
        List<Mismatch> first = new ArrayList<>();
        for (Place reading : readings) {
            List<Mismatch> problems = new ArrayList<>();
            compareSimple(path, reading, writing, problems);
            if (problems.isEmpty()) {
                return;
            }
            if (first.isEmpty()) {
                first = problems;
            }
        }
        if (readings.size() == 1) {
            found.addAll(first);
        } else {
            found.add(new Mismatch(
                    path,
                    "COMBINED_TYPE_NARROWED",
                    readings.size() + " alternatives",
                    writing.node().toString(),
                    "keep an alternative that accepts what the other schema allows here",
                    "do not write an alternative that readers with the older schema do not know"));
        }
    }

    private static boolean acceptsAll(JsonNode schema) {
        return schema.isBoolean() ? schema.booleanValue() : schema.isEmpty();
    }

    private static boolean acceptsNothing(JsonNode schema) {
        return schema.isBoolean() && !schema.booleanValue();
    }

    // ---- alternatives

    private List<Place> alternatives(Place place, String path) {
        Place resolved = JsonDocument.follow(place, path);
        boolean plain = COMBINING.stream().noneMatch(resolved.node()::has);
        if (!resolved.node().isObject() || plain) {
            return List.of(resolved);
        }
        ObjectNode base = ((ObjectNode) resolved.node()).deepCopy();
        JsonNode all = base.remove("allOf");
        List<JsonNode> choices = new ArrayList<>();
        for (String keyword : List.of("anyOf", "oneOf")) {
            JsonNode choice = base.remove(keyword);
            if (choice != null && choice.isArray() && !choice.isEmpty()) {
                choices.add(choice);
            }
        }
        List<Place> result = List.of(new Place(base, resolved.document()));
        if (all != null) {
            for (JsonNode part : all) {
                result = product(result, alternatives(new Place(part, resolved.document()), path));
            }
        }
        for (JsonNode choice : choices) {
            List<Place> options = new ArrayList<>();
            for (JsonNode option : choice) {
                options.addAll(alternatives(new Place(option, resolved.document()), path));
            }
            result = product(result, options);
        }
        return result;
    }

    private List<Place> product(List<Place> bases, List<Place> parts) {
        if ((long) bases.size() * parts.size() > ALTERNATIVES_MAX) {
            throw new UnusableSchemaException("it has more than " + ALTERNATIVES_MAX + " alternatives at one place");
        }
        List<Place> merged = new ArrayList<>();
        for (Place base : bases) {
            for (Place part : parts) {
                merged.add(merge(base, part));
            }
        }
        return merged;
    }

    /** Both at once. References inside keep the document of the part that has them, as far as both parts are of one. */
    private static Place merge(Place base, Place part) {
        if (!part.node().isObject() || !base.node().isObject()) {
            return acceptsAll(part.node())
                    ? base
                    : acceptsAll(base.node())
                            ? part
                            : new Place(JsonNodeFactory.instance.booleanNode(false), base.document());
        }
        if (base.node().isEmpty()) {
            return part;
        }
        ObjectNode both = ((ObjectNode) base.node()).deepCopy();
        part.node().properties().forEach(member -> {
            JsonNode had = both.get(member.getKey());
            if (had == null) {
                both.set(member.getKey(), member.getValue());
            } else if (member.getKey().equals("required")) {
                Set<String> names = texts(had);
                names.addAll(texts(member.getValue()));
                both.putArray("required")
                        .addAll(names.stream()
                                .map(JsonNodeFactory.instance::textNode)
                                .toList());
            } else if (had.isObject()
                    && member.getValue().isObject()
                    && member.getKey().equals("properties")) {
                ObjectNode properties = had.deepCopy();
                properties.setAll((ObjectNode) member.getValue());
                both.set("properties", properties);
            } else {
                both.set(member.getKey(), member.getValue());
            }
        });
        return new Place(both, part.node().isEmpty() ? base.document() : part.document());
    }

    // ---- keyword by keyword

    private void compareSimple(String path, Place reading, Place writing, List<Mismatch> found) {
        JsonNode reader = reading.node();
        JsonNode writer = writing.node();
        if (acceptsAll(reader) || acceptsNothing(writer)) {
            return;
        }
        Set<String> written = JsonKeywords.types(writer);
        JsonKeywords keywords = new JsonKeywords(path, reader, writer, found);
        if (!keywords.compareTypes() || !keywords.compareEnums()) {
            return;
        }
        keywords.compareOpaque(OPAQUE);
        if (written.contains("number") || written.contains("integer")) {
            keywords.compareNumbers();
        }
        if (written.contains("string")) {
            keywords.compareStrings();
        }
        if (written.contains("array")) {
            keywords.compareArrayBounds();
            compareItems(path, reading, writing, found);
        }
        if (written.contains("object")) {
            keywords.compareObjectBounds();
            compareProperties(path, reading, writing, found);
        }
    }

    private void compareItems(String path, Place reading, Place writing, List<Mismatch> found) {
        int tuple = Math.max(JsonKeywords.tupleSize(reading.node()), JsonKeywords.tupleSize(writing.node()));
        for (int i = 0; i < tuple; i++) {
            compare(
                    path + "/items/" + i,
                    new Place(JsonKeywords.item(reading.node(), i), reading.document()),
                    new Place(JsonKeywords.item(writing.node(), i), writing.document()),
                    found);
        }
        compare(
                path + "/items",
                new Place(JsonKeywords.item(reading.node(), tuple), reading.document()),
                new Place(JsonKeywords.item(writing.node(), tuple), writing.document()),
                found);
    }

    private void compareProperties(String path, Place reading, Place writing, List<Mismatch> found) {
        JsonNode readerProperties = reading.node().path("properties");
        JsonNode writerProperties = writing.node().path("properties");
        Place readerRest = new Place(JsonKeywords.additional(reading.node()), reading.document());
        Place writerRest = new Place(JsonKeywords.additional(writing.node()), writing.document());
        for (String name : names(readerProperties)) {
            Place reads = new Place(readerProperties.get(name), reading.document());
            JsonNode writes = writerProperties.get(name);
            String at = path + "/properties/" + name;
            if (writes != null) {
                compare(at, reads, new Place(writes, writing.document()), found);
            } else if (!acceptsAll(writerRest.node())) {
                compare(at, reads, writerRest, found);
            } else if (strictness == Strictness.STRICT && !acceptsAll(reads.node())) {
                found.add(new Mismatch(
                        at,
                        "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
                        reads.node().toString(),
                        "any value, since additionalProperties is not false",
                        "older documents may hold \"" + name + "\" with any value: set additionalProperties to false in"
                                + " every version, or compatibilityPolicy to LENIENT for the subject",
                        "readers with the older schema expect \"" + name + "\" as it was: keep the property, set"
                                + " additionalProperties to false, or compatibilityPolicy to LENIENT"));
            }
        }
        for (String name : names(writerProperties)) {
            if (!readerProperties.has(name) && !acceptsAll(readerRest.node())) {
                Place writes = new Place(writerProperties.get(name), writing.document());
                if (acceptsNothing(readerRest.node()) && !acceptsNothing(writes.node())) {
                    found.add(new Mismatch(
                            path + "/properties/" + name,
                            "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
                            "no such property, and additionalProperties is false",
                            writes.node().toString(),
                            "keep the property \"" + name + "\" as an optional one",
                            "do not add \"" + name + "\" while readers refuse properties that they do not know"));
                } else {
                    compare(path + "/properties/" + name, readerRest, writes, found);
                }
            }
        }
        if (acceptsNothing(readerRest.node()) && !acceptsNothing(writerRest.node())) {
            found.add(new Mismatch(
                    path + "/additionalProperties",
                    "ADDITIONAL_PROPERTIES_REMOVED",
                    "false",
                    writerRest.node().toString(),
                    "leave additionalProperties as it was",
                    "set additionalProperties to false, as in the older schema"));
        } else {
            compare(path + "/additionalProperties", readerRest, writerRest, found);
        }
        comparePatterns(path, reading, writing, found);
    }

    private void comparePatterns(String path, Place reading, Place writing, List<Mismatch> found) {
        JsonNode reader = reading.node().path("patternProperties");
        JsonNode writer = writing.node().path("patternProperties");
        for (String pattern : names(reader)) {
            JsonNode writes = writer.get(pattern);
            compare(
                    path + "/patternProperties/" + pattern,
                    new Place(reader.get(pattern), reading.document()),
                    new Place(writes == null ? JsonKeywords.additional(writing.node()) : writes, writing.document()),
                    found);
        }
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Set<String> texts(JsonNode array) {
        Set<String> texts = new TreeSet<>();
        array.forEach(item -> texts.add(item.asText()));
        return texts;
    }
}
