package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.server.schema.format.JsonDocument.Place;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Spreads a JSON schema into alternatives ({@code anyOf}, {@code oneOf}) without {@code allOf}, each of which holds all that
 * its parts ask for. What two parts ask for differently and cannot be joined stays behind in an {@code allOf} that is to be
 * compared as it stands: a writer's then is taken to allow more than it does, a reader's must be the writer's too.
 */
final class JsonAlternatives {
    private static final int ALTERNATIVES_MAX = 64;
    private static final int STEPS_MAX = 50_000;
    private static final List<String> COMBINING = List.of("allOf", "anyOf", "oneOf");
    /** What says nothing about values; where two differ, either will do. */
    private static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "id",
            "$anchor",
            "$comment",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly");

    private static final Set<String> LOWER_BOUNDS =
            Set.of("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties");
    private static final Set<String> UPPER_BOUNDS =
            Set.of("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties");
    private static final Set<String> OF_MEMBERS = Set.of("properties", "additionalProperties", "patternProperties");

    /** By identity: where the references of a node start from, if not in the document of the place that it is found at. */
    private final Map<JsonNode, JsonDocument> owners = new IdentityHashMap<>();

    private int steps;

    Place place(JsonNode node, JsonDocument document) {
        return new Place(node, owners.getOrDefault(node, document));
    }

    static boolean acceptsAll(JsonNode schema) {
        return schema.isBoolean() ? schema.booleanValue() : schema.isEmpty();
    }

    static boolean acceptsNothing(JsonNode schema) {
        return schema.isBoolean() && !schema.booleanValue();
    }

    List<Place> of(Place place, String path) {
        return of(place, path, 0);
    }

    private List<Place> of(Place place, String path, int depth) {
        if (depth > SchemaParser.DEPTH_MAX || ++steps > STEPS_MAX) {
            throw new UnusableSchemaException("its alternatives at " + (path.isEmpty() ? "/" : path)
                    + " refer to themselves, or are too many to be compared");
        }
        Place resolved = JsonDocument.follow(place, path);
        if (!resolved.node().isObject() || COMBINING.stream().noneMatch(resolved.node()::has)) {
            return List.of(resolved);
        }
        ObjectNode base = shallow(resolved.node());
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
                result = product(result, of(place(part, resolved.document()), path, depth + 1));
            }
        }
        for (JsonNode choice : choices) {
            List<Place> options = new ArrayList<>();
            for (JsonNode option : choice) {
                options.addAll(of(place(option, resolved.document()), path, depth + 1));
            }
            result = product(result, options);
        }
        return result;
    }

    private List<Place> product(List<Place> bases, List<Place> parts) {
        if ((long) bases.size() * parts.size() > ALTERNATIVES_MAX) {
            throw new UnusableSchemaException("it has more than " + ALTERNATIVES_MAX + " alternatives at one place");
        }
        List<Place> joined = new ArrayList<>();
        for (Place base : bases) {
            for (Place part : parts) {
                joined.add(join(base, part));
            }
        }
        return joined;
    }

    // ---- two at once

    private Place join(Place base, Place part) {
        if (acceptsAll(base.node()) || acceptsNothing(part.node())) {
            return part;
        }
        if (acceptsAll(part.node()) || acceptsNothing(base.node())) {
            return base;
        }
        if (base.document() != part.document()) {
            own(base.node(), base.document());
            own(part.node(), part.document());
        }
        ObjectNode both = shallow(base.node());
        if (part.node().has("unevaluatedProperties") || part.node().has("unevaluatedItems")) {
            keepBack(both, part.node()); // they see only what is beside them
            return new Place(both, base.document());
        }
        boolean members = joinMembers(base.node(), part.node(), both);
        part.node().properties().forEach(member -> {
            if (!OF_MEMBERS.contains(member.getKey()) || !members) {
                joinKeyword(both, member.getKey(), member.getValue());
            }
        });
        return new Place(both, base.document());
    }

    private void own(JsonNode node, JsonDocument document) {
        if (node.isContainerNode() && owners.putIfAbsent(node, document) == null) {
            node.forEach(child -> own(child, document));
        }
    }

    private static void joinKeyword(ObjectNode both, String keyword, JsonNode value) {
        JsonNode had = both.get(keyword);
        if (had == null) {
            both.set(keyword, value);
        } else if (keyword.equals("allOf")) { // both have kept something back
            ArrayNode kept = JsonNodeFactory.instance.arrayNode();
            had.forEach(kept::add);
            value.forEach(kept::add);
            both.set(keyword, kept);
        } else if (!had.equals(value) && !ANNOTATIONS.contains(keyword)) {
            JsonNode joined = joined(keyword, had, value);
            if (joined == null) {
                keepBack(both, JsonNodeFactory.instance.objectNode().set(keyword, value));
            } else {
                both.set(keyword, joined);
            }
        }
    }

    /** Null where it cannot be said in one. */
    private static JsonNode joined(String keyword, JsonNode had, JsonNode value) {
        if (LOWER_BOUNDS.contains(keyword) && had.isNumber() && value.isNumber()) {
            return had.decimalValue().compareTo(value.decimalValue()) >= 0 ? had : value;
        }
        if (UPPER_BOUNDS.contains(keyword) && had.isNumber() && value.isNumber()) {
            return had.decimalValue().compareTo(value.decimalValue()) <= 0 ? had : value;
        }
        return switch (keyword) {
            case "required" -> union(had, value);
            case "enum" -> common(had, value);
            case "type" -> narrower(had, value);
            case "items" -> had.isArray() || value.isArray() ? null : both(had, value);
            default -> null;
        };
    }

    private static JsonNode union(JsonNode had, JsonNode value) {
        Set<String> names = new TreeSet<>();
        had.forEach(name -> names.add(name.asText()));
        value.forEach(name -> names.add(name.asText()));
        ArrayNode union = JsonNodeFactory.instance.arrayNode();
        names.forEach(union::add);
        return union;
    }

    private static JsonNode common(JsonNode had, JsonNode value) {
        ArrayNode common = JsonNodeFactory.instance.arrayNode();
        for (JsonNode one : had) {
            for (JsonNode other : value) {
                if (one.equals(other)) {
                    common.add(one);
                }
            }
        }
        return common;
    }

    private static JsonNode narrower(JsonNode had, JsonNode value) {
        ObjectNode one = JsonNodeFactory.instance.objectNode().set("type", had);
        ObjectNode other = JsonNodeFactory.instance.objectNode().set("type", value);
        if (JsonKeywords.types(one).containsAll(JsonKeywords.types(other))) {
            return value;
        }
        return JsonKeywords.types(other).containsAll(JsonKeywords.types(one)) ? had : null;
    }

    private static void keepBack(ObjectNode both, JsonNode rest) {
        ArrayNode kept = JsonNodeFactory.instance.arrayNode();
        if (both.has("allOf")) {
            both.get("allOf").forEach(kept::add);
        }
        both.set("allOf", kept.add(rest));
    }

    /** The members of an object: what one part forbids by {@code additionalProperties} it forbids of the other's, too. */
    private static boolean joinMembers(JsonNode base, JsonNode part, ObjectNode both) {
        if (OF_MEMBERS.stream().noneMatch(part::has)) {
            return true;
        }
        if (OF_MEMBERS.stream().noneMatch(base::has)) {
            return false;
        }
        if (base.has("patternProperties") || part.has("patternProperties")) {
            ObjectNode rest = JsonNodeFactory.instance.objectNode();
            OF_MEMBERS.stream().filter(part::has).forEach(keyword -> rest.set(keyword, part.get(keyword)));
            keepBack(both, rest);
            return true;
        }
        JsonNode baseRest = JsonKeywords.additional(base);
        JsonNode partRest = JsonKeywords.additional(part);
        ObjectNode properties = JsonNodeFactory.instance.objectNode();
        Set<String> names = new TreeSet<>();
        base.path("properties").fieldNames().forEachRemaining(names::add);
        part.path("properties").fieldNames().forEachRemaining(names::add);
        for (String name : names) {
            JsonNode had = base.path("properties").get(name);
            JsonNode value = part.path("properties").get(name);
            properties.set(name, both(had == null ? baseRest : had, value == null ? partRest : value));
        }
        both.set("properties", properties);
        both.set("additionalProperties", both(baseRest, partRest));
        return true;
    }

    private static JsonNode both(JsonNode one, JsonNode other) {
        if (acceptsNothing(one) || acceptsNothing(other)) {
            return BooleanNode.FALSE;
        }
        if (acceptsAll(one) || one.equals(other)) {
            return other;
        }
        if (acceptsAll(other)) {
            return one;
        }
        ObjectNode both = JsonNodeFactory.instance.objectNode();
        both.putArray("allOf").add(one).add(other);
        return both;
    }

    /** Its own members, but the very same values. */
    private static ObjectNode shallow(JsonNode node) {
        ObjectNode copy = JsonNodeFactory.instance.objectNode();
        copy.setAll((ObjectNode) node);
        return copy;
    }
}
