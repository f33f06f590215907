package dev.millrace.server.schema.format;

import static dev.millrace.server.schema.format.JsonAlternatives.acceptsAll;
import static dev.millrace.server.schema.format.JsonAlternatives.acceptsNothing;

import com.fasterxml.jackson.databind.JsonNode;
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

    /** Compared as they are: what differs counts as narrower. */
    private static final List<String> OPAQUE = List.of(
            "allOf", // what alternatives keep back
            "not",
            "if",
            "then",
            "else",
            "contains",
            "maxContains",
            "format",
            "propertyNames",
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "unevaluatedItems");

    private final Strictness strictness;
    private final JsonAlternatives alternatives = new JsonAlternatives();
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
        List<Place> readings = alternatives.of(reads, path);
        List<Place> writings = alternatives.of(writes, path);
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

    // ---- keyword by keyword

    private void compareSimple(String path, Place reading, Place writing, List<Mismatch> found) {
        JsonNode reader = reading.node();
        JsonNode writer = writing.node();
        if (acceptsAll(reader) || acceptsNothing(writer)) {
            return;
        }
        if (acceptsNothing(reader)) {
            found.add(new Mismatch(
                    path, "SCHEMA_FORBIDS", "false", writer.toString(), "allow the value", "do not write it"));
            return;
        }
        Set<String> written = JsonKeywords.types(writer);
        JsonKeywords keywords = new JsonKeywords(path, reader, writer, found);
        if (!keywords.compareTypes() || !keywords.compareEnums()) {
            return;
        }
        keywords.compareOpaque(
                OPAQUE,
                (reads, writes) -> JsonDocument.same(
                        alternatives.place(reads, reading.document()), alternatives.place(writes, writing.document())));
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
                    alternatives.place(JsonKeywords.item(reading.node(), i), reading.document()),
                    alternatives.place(JsonKeywords.item(writing.node(), i), writing.document()),
                    found);
        }
        compare(
                path + "/items",
                alternatives.place(JsonKeywords.item(reading.node(), tuple), reading.document()),
                alternatives.place(JsonKeywords.item(writing.node(), tuple), writing.document()),
                found);
    }

    private void compareProperties(String path, Place reading, Place writing, List<Mismatch> found) {
        JsonNode readerProperties = reading.node().path("properties");
        JsonNode writerProperties = writing.node().path("properties");
        Place readerRest = alternatives.place(readRest(reading), reading.document());
        Place writerRest = alternatives.place(writtenRest(writing), writing.document());
        for (String name : names(readerProperties)) {
            Place reads = alternatives.place(readerProperties.get(name), reading.document());
            JsonNode writes = writerProperties.get(name);
            String at = path + "/properties/" + name;
            if (writes != null) {
                compare(at, reads, alternatives.place(writes, writing.document()), found);
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
                Place writes = alternatives.place(writerProperties.get(name), writing.document());
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

    private static JsonNode readRest(Place reading) {
        return reading.document().newDraft()
                ? JsonKeywords.readRest(reading.node())
                : JsonKeywords.additional(reading.node());
    }

    private static JsonNode writtenRest(Place writing) {
        return writing.document().newDraft()
                ? JsonKeywords.writtenRest(writing.node())
                : JsonKeywords.additional(writing.node());
    }

    private void comparePatterns(String path, Place reading, Place writing, List<Mismatch> found) {
        JsonNode reader = reading.node().path("patternProperties");
        JsonNode writer = writing.node().path("patternProperties");
        for (String pattern : names(reader)) {
            JsonNode writes = writer.get(pattern);
            compare(
                    path + "/patternProperties/" + pattern,
                    alternatives.place(reader.get(pattern), reading.document()),
                    alternatives.place(writes == null ? writtenRest(writing) : writes, writing.document()),
                    found);
        }
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
