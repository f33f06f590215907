package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordHeader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * Records as JSON, both ways. Text is shown as text, other bytes in base64 under a name of their own: {@code value} or
 * {@code valueBase64}. What the headers {@code $id}, {@code $type}, {@code $tags} and {@code $version} hold are members.
 */
final class RecordJson {
    /** What a stored batch unpacks to was limited when it was appended. */
    static final int DECOMPRESSED_BYTES_MAX = Integer.MAX_VALUE;

    private static final long RECORD_BYTES = 64;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final String BASE64 = "Base64";

    private RecordJson() {}

    /** How values are shown. */
    enum Values {
        TEXT,
        /** Values that are JSON become part of the answer. */
        JSON,
        BASE64
    }

    /** @param events ids are UUIDs of 16 bytes */
    record Form(Values values, boolean events) {
        /** As the parameter {@code values} asks. Fails: {@link HttpProblem} 400. */
        static Form of(HttpCall call, boolean events) {
            String name = call.query("values").orElse("text");
            for (Values values : Values.values()) {
                if (values.name().equals(name.toUpperCase(Locale.ROOT))) {
                    return new Form(values, events);
                }
            }
            throw HttpProblem.badRequest("values=" + HttpProblem.shown(name) + " must be text, json or base64");
        }
    }

    /**
     * A record to be published.
     *
     * @param partition -1 where the key decides
     * @param timestampMs -1 for now
     * @param key may be null, as may the value
     */
    record Draft(int partition, long timestampMs, byte[] key, byte[] value, List<RecordHeader> headers) {}

    /** About what it takes in memory, headers and all: what bounds a page must not be fooled by an empty value. */
    static long bytes(Record record) {
        long bytes = RECORD_BYTES + length(record.key()) + length(record.value());
        for (RecordHeader header : record.headers()) {
            bytes += RECORD_BYTES + header.key().length() + length(header.value());
        }
        return bytes;
    }

    private static long length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    static ObjectNode of(Record record, Form form) {
        ObjectNode json = NODES.objectNode().put("offset", record.offset()).put("timestamp", record.timestampMs());
        put(json, "key", record.key());
        ObjectNode headers = NODES.objectNode();
        for (RecordHeader header : record.headers()) {
            if (!putMember(json, header, form)) {
                add(headers, header);
            }
        }
        json.set("headers", headers);
        switch (form.values) {
            case TEXT -> put(json, "value", record.value());
            case JSON -> putJson(json, record.value());
            case BASE64 -> putBase64(json, "value", record.value());
        }
        return json;
    }

    private static boolean putMember(ObjectNode json, RecordHeader header, Form form) {
        byte[] value = header.value();
        if (value == null) {
            return false;
        }
        switch (header.key()) {
            case EventHeaders.ID -> {
                if (form.events && value.length == EventHeaders.ID_BYTES) {
                    json.put("id", EventHeaders.idOf(value).toString());
                } else {
                    put(json, "id", value);
                }
            }
            case EventHeaders.TYPE -> put(json, "type", value);
            case EventHeaders.TAGS -> EventHeaders.tagsOf(value).forEach(json.withArray("tags")::add);
            case EventHeaders.VERSION -> json.put("version", EventHeaders.versionOf(List.of(header)));
            default -> {
                return false;
            }
        }
        return true;
    }

    /** A name that comes twice gets an array. */
    private static void add(ObjectNode headers, RecordHeader header) {
        String text = header.value() == null ? null : textOf(header.value());
        JsonNode value;
        if (header.value() == null) {
            value = NODES.nullNode();
        } else if (text != null) {
            value = NODES.textNode(text);
        } else {
            value = NODES.objectNode().put("base64", base64(header.value()));
        }
        JsonNode before = headers.get(header.key());
        if (before == null) {
            headers.set(header.key(), value);
        } else if (before instanceof ArrayNode several) {
            several.add(value);
        } else {
            headers.putArray(header.key()).add(before).add(value);
        }
    }

    private static void putJson(ObjectNode json, byte[] value) {
        if (value != null) {
            try {
                json.set("value", JsonBody.parse(value));
                return;
            } catch (HttpProblem notJson) {
                // Shown as what it is.
            }
        }
        put(json, "value", value);
    }

    /** Text where the bytes are text, else base64. */
    static void put(ObjectNode json, String name, byte[] bytes) {
        String text = bytes == null ? null : textOf(bytes);
        if (bytes == null || text != null) {
            json.put(name, text);
        } else {
            putBase64(json, name, bytes);
        }
    }

    private static void putBase64(ObjectNode json, String name, byte[] bytes) {
        json.put(bytes == null ? name : name + BASE64, bytes == null ? null : base64(bytes));
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /** Null where it is not UTF-8. */
    private static String textOf(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }

    // ---- reading requests

    /** Fails: {@link HttpProblem} 400. */
    static Draft draft(JsonNode node, boolean events) {
        if (!(node instanceof ObjectNode body)) {
            throw HttpProblem.badRequest("a record must be a JSON object");
        }
        int partition = body.hasNonNull("partition") ? JsonBody.number(body, "partition") : -1;
        return new Draft(partition, timestampMs(body), bytes(body, "key"), bytes(body, "value"), headers(body, events));
    }

    private static long timestampMs(ObjectNode body) {
        JsonNode value = body.get("timestamp");
        if (value == null || value.isNull()) {
            return -1;
        }
        if (!value.isTextual() && !value.isIntegralNumber()) {
            throw HttpProblem.badRequest("\"timestamp\" must be RFC 3339 or unix milliseconds");
        }
        return Positions.timeMs(value.asText(), "timestamp");
    }

    /** A text's UTF-8, the JSON text of anything else, or what the base64 stands for; null for none. */
    static byte[] bytes(ObjectNode body, String name) {
        String encoded = JsonBody.text(body, name + BASE64);
        JsonNode plain = body.get(name);
        boolean isPlain = plain != null && !plain.isNull();
        if (encoded != null && isPlain) {
            throw HttpProblem.badRequest("\"" + name + "\" and \"" + name + BASE64 + "\" exclude each other");
        }
        if (encoded != null) {
            return decoded(encoded, name + BASE64);
        }
        if (!isPlain) {
            return null;
        }
        return utf8(plain.isTextual() ? plain.textValue() : plain.toString());
    }

    static byte[] decoded(String base64, String name) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException malformed) {
            throw HttpProblem.badRequest("\"" + name + "\" is not base64: " + malformed.getMessage());
        }
    }

    private static List<RecordHeader> headers(ObjectNode body, boolean events) {
        List<RecordHeader> headers = new ArrayList<>();
        String id = JsonBody.text(body, "id");
        if (id != null) {
            headers.add(events ? EventHeaders.id(uuid(id)) : new RecordHeader(EventHeaders.ID, utf8(id)));
        }
        String type = JsonBody.text(body, "type");
        if (type != null) {
            headers.add(EventHeaders.type(type));
        }
        List<JsonNode> tags = JsonBody.items(body, "tags");
        if (!tags.isEmpty()) {
            headers.add(EventHeaders.tags(tags.stream().map(RecordJson::tag).toList()));
        }
        JsonNode named = body.get("headers");
        if (named != null && !named.isNull()) {
            if (!named.isObject()) {
                throw HttpProblem.badRequest("\"headers\" must be an object");
            }
            for (Map.Entry<String, JsonNode> header : named.properties()) {
                addHeader(headers, header.getKey(), header.getValue());
            }
        }
        return headers;
    }

    private static String tag(JsonNode tag) {
        if (!tag.isTextual() || tag.textValue().indexOf('\n') >= 0) {
            throw HttpProblem.badRequest("a tag must be a text without line feeds");
        }
        return tag.textValue();
    }

    private static void addHeader(List<RecordHeader> headers, String name, JsonNode value) {
        if (value.isArray()) {
            for (JsonNode each : value) {
                if (each.isArray()) {
                    throw HttpProblem.badRequest("header " + HttpProblem.shown(name) + " has an array in an array");
                }
                addHeader(headers, name, each);
            }
        } else if (value.isNull()) {
            headers.add(new RecordHeader(name, null));
        } else if (value.isTextual()) {
            headers.add(new RecordHeader(name, utf8(value.textValue())));
        } else if (value.path("base64").isTextual()) {
            headers.add(new RecordHeader(name, decoded(value.path("base64").textValue(), name)));
        } else {
            throw HttpProblem.badRequest("header " + HttpProblem.shown(name) + " must be a text or {\"base64\": ...}");
        }
    }

    static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException malformed) {
            throw HttpProblem.badRequest(
                    "\"id\" " + HttpProblem.shown(text) + " must be a UUID: events of a topic with streams have such");
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
