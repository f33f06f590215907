package dev.millrace.client.internal;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.CloudEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** CloudEvents as JSON, by Jackson; the class that is loaded only when somebody asks for it. */
public final class CloudEventJson {
    private static final String DATA = "data";
    private static final String DATA_BASE64 = "data_base64";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // Data must come out as it went in.
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private CloudEventJson() {}

    /** Data that is JSON, and says so or nothing, stands there as it is; what is text as a text; all else in base 64. */
    public static byte[] write(CloudEvent event) {
        ObjectNode json = JSON.createObjectNode();
        json.put("specversion", "1.0")
                .put("id", event.id())
                .put("source", event.source())
                .put("type", event.type());
        event.attributes().forEach(json::put);
        if (event.data() != null) {
            putData(json, event.data(), event.attribute(CloudEvent.CONTENT_TYPE));
        }
        try {
            return JSON.writeValueAsBytes(json);
        } catch (IOException e) {
            throw new IllegalStateException("texts always turn into JSON", e);
        }
    }

    private static void putData(ObjectNode json, byte[] data, String contentType) {
        JsonNode parsed = isJson(contentType) ? parsed(data) : null;
        if (parsed != null) {
            json.set(DATA, parsed);
        } else if (contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith("text/")) {
            json.put(DATA, new String(data, StandardCharsets.UTF_8));
        } else {
            json.put(DATA_BASE64, Base64.getEncoder().encodeToString(data));
        }
    }

    /** Null for what is no JSON, and for its null, which would say that there are no data. */
    private static JsonNode parsed(byte[] data) {
        try {
            JsonNode node = JSON.readTree(data);
            return node == null || node.isMissingNode() || node.isNull() ? null : node;
        } catch (IOException noJson) {
            return null;
        }
    }

    private static boolean isJson(String contentType) {
        if (contentType == null) {
            return true;
        }
        String media = contentType.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
        return media.equals("application/json") || media.equals("text/json") || media.endsWith("+json");
    }

    /** Fails: IllegalArgumentException with what is wrong. */
    public static CloudEvent read(byte[] bytes) {
        JsonNode json;
        try {
            json = JSON.readTree(bytes);
        } catch (IOException e) {
            throw new IllegalArgumentException("its value is no JSON: " + e.getMessage(), e);
        }
        if (json == null || !json.isObject()) {
            throw new IllegalArgumentException("its value is no JSON object");
        }
        Map<String, String> attributes = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            String name = field.getKey();
            JsonNode value = field.getValue();
            if (name.equals(DATA) || name.equals(DATA_BASE64) || value.isNull()) {
                continue;
            }
            if (!value.isValueNode()) {
                throw new IllegalArgumentException("attribute " + name + " is an object or an array");
            }
            attributes.put(name, value.asText());
        }
        return CloudEvent.of(attributes, data(json, attributes.get(CloudEvent.CONTENT_TYPE)));
    }

    private static byte[] data(JsonNode json, String contentType) {
        JsonNode data = json.get(DATA);
        JsonNode encoded = json.get(DATA_BASE64);
        boolean hasData = data != null && !data.isNull();
        if (encoded != null && !encoded.isNull()) {
            if (hasData) {
                throw new IllegalArgumentException("it has both data and data_base64");
            }
            return Base64.getDecoder().decode(encoded.asText());
        }
        if (!hasData) {
            return null;
        }
        return data.isTextual() && !isJson(contentType)
                ? data.asText().getBytes(StandardCharsets.UTF_8)
                : data.toString().getBytes(StandardCharsets.UTF_8);
    }
}
