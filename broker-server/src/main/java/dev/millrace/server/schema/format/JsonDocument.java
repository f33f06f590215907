package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A JSON schema with the documents that it refers to. Resolves {@code $ref} among them alone: nothing is ever fetched.
 */
final class JsonDocument {
    private static final List<String> REF_KEYWORDS = List.of("$ref", "$dynamicRef", "$recursiveRef");
    /** What may stand beside a reference without a meaning for values. */
    private static final Set<String> BESIDE_REF = Set.of(
            "$ref",
            "$dynamicRef",
            "$recursiveRef",
            "$schema",
            "$id",
            "$anchor",
            "$dynamicAnchor",
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
    /** Keywords that hold values, no schemas. */
    private static final Set<String> VALUES = Set.of("const", "enum", "default", "examples");

    /** As it is written. */
    private final JsonNode text;
    /** The same with every reference that has keywords beside it moved into an {@code allOf}, where they count. */
    private final JsonNode root;

    private final boolean newDraft;
    private final Map<String, JsonDocument> references;
    /** What has a name of its own: {@code $id}, {@code $anchor}. */
    private final Map<String, JsonNode> named = new HashMap<>();

    /** A schema and the document that its references start from. */
    record Place(JsonNode node, JsonDocument document) {
        private Place child(JsonNode node) {
            return new Place(node, document);
        }
    }

    private JsonDocument(JsonNode text, boolean newDraft, Map<String, JsonDocument> references) {
        this.text = text;
        this.root = newDraft ? unfolded(text.deepCopy()) : text;
        this.newDraft = newDraft;
        this.references = references;
        name(root);
    }

    static JsonDocument of(SchemaSource source) {
        return of(source, false);
    }

    /** @param byDefault whether it is of a new draft where it names none */
    private static JsonDocument of(SchemaSource source, boolean byDefault) {
        JsonNode root = JsonTexts.read(source.text());
        if (!root.isObject() && !root.isBoolean()) {
            throw new UnusableSchemaException("a JSON schema is an object, true or false, not " + root.getNodeType());
        }
        String draft = root.path("$schema").asText();
        boolean newDraft = draft.isEmpty() ? byDefault : draft.contains("2019-09") || draft.contains("2020-12");
        Map<String, JsonDocument> references = new HashMap<>();
        for (SchemaSource.Reference reference : source.references()) {
            references.put(reference.name(), of(reference.source(), newDraft));
        }
        JsonDocument document = new JsonDocument(root, newDraft, references);
        document.requireResolvable(document.root, "");
        return document;
    }

    JsonNode text() {
        return text;
    }

    JsonNode root() {
        return root;
    }

    /** Of 2019-09 or later: what stands beside a reference counts, and {@code unevaluatedProperties} has a meaning. */
    boolean newDraft() {
        return newDraft;
    }

    private static JsonNode unfolded(JsonNode node) {
        if (node.isObject()) {
            ObjectNode schema = (ObjectNode) node;
            schema.properties().forEach(member -> {
                if (!VALUES.contains(member.getKey())) {
                    unfolded(member.getValue());
                }
            });
            for (String keyword : REF_KEYWORDS) {
                if (schema.path(keyword).isTextual() && !BESIDE_REF.containsAll(names(schema))) {
                    ObjectNode ref = JsonNodeFactory.instance.objectNode().set(keyword, schema.remove(keyword));
                    ArrayNode all =
                            schema.path("allOf").isArray() ? (ArrayNode) schema.get("allOf") : schema.putArray("allOf");
                    all.add(ref);
                }
            }
        } else {
            node.forEach(JsonDocument::unfolded);
        }
        return node;
    }

    private static List<String> names(ObjectNode schema) {
        return schema.properties().stream().map(Map.Entry::getKey).toList();
    }

    Map<String, JsonDocument> references() {
        return references;
    }

    private void name(JsonNode node) {
        for (String keyword : List.of("$id", "id", "$anchor", "$dynamicAnchor")) {
            JsonNode name = node.get(keyword);
            if (name != null && name.isTextual()) {
                String text = name.textValue();
                named.putIfAbsent(keyword.endsWith("nchor") ? "#" + text : withoutHash(text), node);
            }
        }
        node.forEach(this::name);
    }

    private static String withoutHash(String id) {
        return id.endsWith("#") ? id.substring(0, id.length() - 1) : id;
    }

    private void requireResolvable(JsonNode node, String path) {
        for (String keyword : REF_KEYWORDS) {
            JsonNode ref = node.isObject() ? node.get(keyword) : null;
            if (ref != null && ref.isTextual()) {
                follow(new Place(node, this), path);
            }
        }
        if (node.isObject()) {
            node.properties().forEach(member -> {
                if (!VALUES.contains(member.getKey())) {
                    requireResolvable(member.getValue(), path + "/" + member.getKey());
                }
            });
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                requireResolvable(node.get(i), path + "/" + i);
            }
        }
    }

    /** What a schema stands for, after all references in a row. Fails: {@link UnusableSchemaException}. */
    static Place follow(Place start, String path) {
        Place place = start;
        // By identity: the same text at another place is another step.
        Set<JsonNode> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (String ref = refOf(place.node); ref != null; ref = refOf(place.node)) {
            if (!seen.add(place.node)) {
                throw new UnusableSchemaException(
                        "the reference \"" + ref + "\" at " + where(path) + " leads back to itself");
            }
            if (seen.size() > SchemaParser.DEPTH_MAX) {
                throw new UnusableSchemaException(
                        "the reference \"" + ref + "\" at " + where(path) + " leads on and on");
            }
            place = place.document.resolve(ref, path);
        }
        return place;
    }

    /** Whether two schemas are written alike, and so is all that they refer to. */
    static boolean same(Place one, Place other) {
        return same(one, other, Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    /** @param seen nodes of the first schema whose references were followed */
    private static boolean same(Place one, Place other, Set<JsonNode> seen) {
        if (!one.node.equals(other.node)) {
            return false;
        }
        String ref = refOf(one.node);
        if (ref != null && seen.add(one.node)) {
            if (!same(one.document.resolve(ref, ""), other.document.resolve(ref, ""), seen)) {
                return false;
            }
        }
        if (one.node.isArray()) {
            for (int i = 0; i < one.node.size(); i++) {
                if (!same(one.child(one.node.get(i)), other.child(other.node.get(i)), seen)) {
                    return false;
                }
            }
        }
        return one.node.isArray()
                || one.node.properties().stream()
                        .allMatch(member ->
                                same(one.child(member.getValue()), other.child(other.node.get(member.getKey())), seen));
    }

    private static String where(String path) {
        return path.isEmpty() ? "/" : path;
    }

    /** The reference in a schema, or null. */
    static String refOf(JsonNode node) {
        if (!node.isObject()) {
            return null;
        }
        for (String keyword : REF_KEYWORDS) {
            JsonNode ref = node.get(keyword);
            if (ref != null && ref.isTextual()) {
                return ref.textValue();
            }
        }
        return null;
    }

    private Place resolve(String ref, String path) {
        int hash = ref.indexOf('#');
        String document = hash < 0 ? ref : ref.substring(0, hash);
        String fragment = hash < 0 ? "" : ref.substring(hash + 1);
        Place base = document.isEmpty() ? new Place(root, this) : find(document);
        if (base == null) {
            throw new UnusableSchemaException("the reference \"" + ref + "\" at " + where(path)
                    + " leads to no document: it holds " + named.keySet() + " and is given references "
                    + references.keySet()
                    + ". Nothing is fetched from elsewhere: name the document among the references");
        }
        JsonNode found = fragment.isEmpty()
                ? base.node
                : fragment.startsWith("/") ? pointer(base.node, fragment) : base.document.named.get("#" + fragment);
        if (found == null || found.isMissingNode()) {
            throw new UnusableSchemaException("the reference \"" + ref + "\" at " + where(path) + " leads to nothing");
        }
        return new Place(found, base.document);
    }

    private static JsonNode pointer(JsonNode node, String fragment) {
        try {
            return node.at(URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    private Place find(String document) {
        if (named.containsKey(document)) {
            return new Place(named.get(document), this);
        }
        JsonDocument reference = references.get(document);
        if (reference == null) {
            // A reference may be named by its last step: https://example.com/order.json is given as order.json.
            reference = references.entrySet().stream()
                    .filter(entry -> document.endsWith("/" + entry.getKey())
                            || entry.getKey().endsWith("/" + document)
                            || entry.getValue().named.containsKey(document))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(null);
        }
        return reference == null ? null : new Place(reference.root, reference);
    }
}
