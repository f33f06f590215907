package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.server.protocol.http.RecordJson.Draft;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * CloudEvents 1.0 in the binary, structured and batched mode of HTTP, as records in the binary mode of Kafka: attributes
 * in headers {@code ce_*}, the data as the value. Source and id together are the record's {@code $id}, because only
 * together they are unique.
 */
final class CloudEvents {
    private static final String HTTP_PREFIX = "ce-";
    private static final String RECORD_PREFIX = "ce_";
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCHED = "application/cloudevents-batch+json";
    private static final List<String> REQUIRED = List.of("specversion", "id", "source", "type");
    private static final int NAME_CHARS_MAX = 64;

    private CloudEvents() {}

    /** True where the request's records are CloudEvents. */
    static boolean areIn(HttpCall call) {
        String type = mediaType(call);
        return call.headers().containsKey("ce-specversion") || type.equals(STRUCTURED) || type.equals(BATCHED);
    }

    static boolean areBatched(HttpCall call) {
        return mediaType(call).equals(BATCHED);
    }

    /** Fails: {@link HttpProblem} 400. */
    static List<Draft> drafts(HttpCall call, boolean events) {
        switch (mediaType(call)) {
            case STRUCTURED:
                return List.of(structured(JsonBody.any(call), events));
            case BATCHED:
                if (!(JsonBody.any(call) instanceof ArrayNode batch)) {
                    throw HttpProblem.badRequest("a batch of CloudEvents must be a JSON array");
                }
                List<Draft> drafts = new ArrayList<>();
                batch.forEach(event -> drafts.add(structured(event, events)));
                return drafts;
            default:
                return List.of(binary(call, events));
        }
    }

    private static String mediaType(HttpCall call) {
        return call.contentType().toLowerCase(Locale.ROOT).split(";", 2)[0].trim();
    }

    private static Draft binary(HttpCall call, boolean events) {
        Map<String, String> attributes = new TreeMap<>();
        call.headers().forEach((name, value) -> {
            if (name.startsWith(HTTP_PREFIX)) {
                attributes.put(name.substring(HTTP_PREFIX.length()), decoded(name, value));
            }
        });
        return draft(attributes, call.contentType(), call.body(), events);
    }

    private static String decoded(String name, String value) {
        try {
            return QueryStringDecoder.decodeComponent(value.replace("+", "%2B"));
        } catch (IllegalArgumentException malformed) {
            throw HttpProblem.badRequest("header " + name + " is not percent-encoded: " + malformed.getMessage());
        }
    }

    private static Draft structured(JsonNode node, boolean events) {
        if (!(node instanceof ObjectNode event)) {
            throw HttpProblem.badRequest("a CloudEvent must be a JSON object");
        }
        Map<String, String> attributes = new TreeMap<>();
        for (Map.Entry<String, JsonNode> member : event.properties()) {
            if (member.getValue().isValueNode() && !member.getValue().isNull()) {
                attributes.put(member.getKey(), member.getValue().asText());
            } else if (!member.getKey().equals("data") && !member.getValue().isNull()) {
                throw HttpProblem.badRequest("attribute " + HttpProblem.shown(member.getKey()) + " must be a text");
            }
        }
        attributes.keySet().removeAll(List.of("data", "data_base64", "datacontenttype"));
        String type = JsonBody.text(event, "datacontenttype");
        String base64 = JsonBody.text(event, "data_base64");
        byte[] data = base64 != null ? RecordJson.decoded(base64, "data_base64") : data(event.get("data"), type);
        return draft(attributes, type == null && event.hasNonNull("data") ? HttpAnswer.JSON : type, data, events);
    }

    /** A text of a type that is not JSON is itself; all else is JSON. */
    private static byte[] data(JsonNode data, String type) {
        if (data == null || data.isNull()) {
            return null;
        }
        boolean json = type == null || type.toLowerCase(Locale.ROOT).contains("json");
        return RecordJson.utf8(data.isTextual() && !json ? data.textValue() : data.toString());
    }

    private static Draft draft(Map<String, String> attributes, String contentType, byte[] data, boolean events) {
        for (String name : REQUIRED) {
            if (attributes.getOrDefault(name, "").isEmpty()) {
                throw HttpProblem.badRequest("a CloudEvent needs " + name + ", and this one has none");
            }
        }
        if (!attributes.get("specversion").equals("1.0")) {
            throw HttpProblem.badRequest("specversion " + HttpProblem.shown(attributes.get("specversion"))
                    + " is not understood; this is CloudEvents 1.0");
        }
        List<RecordHeader> headers = new ArrayList<>();
        headers.add(id(attributes, events));
        headers.add(EventHeaders.type(attributes.get("type")));
        copy(headers, attributes.get("correlationid"), EventHeaders.CORRELATION);
        copy(headers, attributes.get("causationid"), EventHeaders.CAUSATION);
        copy(headers, attributes.get("traceparent"), "traceparent");
        copy(headers, attributes.get("tracestate"), "tracestate");
        copy(headers, contentType == null || contentType.isEmpty() ? null : contentType, "content-type");
        attributes.forEach((name, value) -> {
            if (!name.matches("[a-z0-9]{1," + NAME_CHARS_MAX + "}")) {
                throw HttpProblem.badRequest("attribute " + HttpProblem.shown(name) + " must be of a-z and 0-9");
            }
            headers.add(new RecordHeader(RECORD_PREFIX + name, RecordJson.utf8(value)));
        });
        String key = attributes.get("partitionkey");
        String time = attributes.get("time");
        return new Draft(
                -1,
                time == null ? -1 : Positions.timeMs(time, "time"),
                key == null ? null : RecordJson.utf8(key),
                data,
                headers);
    }

    private static RecordHeader id(Map<String, String> attributes, boolean events) {
        String id = attributes.get("source") + "#" + attributes.get("id");
        return events
                ? EventHeaders.id(UUID.nameUUIDFromBytes(RecordJson.utf8(id)))
                : new RecordHeader(EventHeaders.ID, RecordJson.utf8(id));
    }

    private static void copy(List<RecordHeader> headers, String value, String name) {
        if (value != null) {
            headers.add(new RecordHeader(name, RecordJson.utf8(value)));
        }
    }
}
