package dev.millrace.server.schema.format;

import com.fasterxml.jackson.databind.JsonNode;
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

    private final JsonNode root;
    private final Map<String, JsonDocument> references;
    /** What has a name of its own: {@code $id}, {@code $anchor}. */
    private final Map<String, JsonNode> named = new HashMap<>();

    /** A schema and the document that its references start from. */
    record Place(JsonNode node, JsonDocument document) {}

    private JsonDocument(JsonNode root, Map<String, JsonDocument> references) {
        this.root = root;
        this.references = references;
        name(root);
    }

    static JsonDocument of(SchemaSource source) {
        Map<String, JsonDocument> references = new HashMap<>();
        for (SchemaSource.Reference reference : source.references()) {
            references.put(reference.name(), of(reference.source()));
        }
        JsonNode root = JsonTexts.read(source.text());
        if (!root.isObject() && !root.isBoolean()) {
            throw new UnusableSchemaException("a JSON schema is an object, true or false, not " + root.getNodeType());
        }
        JsonDocument document = new JsonDocument(root, references);
        document.requireResolvable(root, "");
        return document;
    }

    JsonNode root() {
        return root;
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
                if (!Set.of("const", "enum", "default", "examples").contains(member.getKey())) {
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
                throw new UnusableSchemaException("the reference \"" + ref + "\" at " + where(path) + " leads on and on");
            }
            place = place.document.resolve(ref, path);
        }
        return place;
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
            throw new UnusableSchemaException(
                    "the reference \"" + ref + "\" at " + where(path) + " leads to nothing");
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
