package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the JSON body of a request within limits on depth and numbers; its size is limited before. */
final class JsonBody {
    private static final int DEPTH_MAX = 64;
    private static final int NUMBER_CHARS_MAX = 400;

    private static final ObjectReader READER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEPTH_MAX)
                            .maxNumberLength(NUMBER_CHARS_MAX)
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .build()
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            // A value that is JSON is kept as its text, in which no digit may change.
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);

    private JsonBody() {}

    /** Fails: {@link HttpProblem} 415 for another type than JSON, 400 for what is no JSON object. */
    static ObjectNode object(HttpCall call) {
        if (any(call) instanceof ObjectNode object) {
            return object;
        }
        throw HttpProblem.badRequest("the body must be a JSON object");
    }

    /** Fails: {@link HttpProblem} 415 for another type than JSON, 400 for what is no JSON. */
    static JsonNode any(HttpCall call) {
        requireJson(call.contentType());
        return parse(call.body());
    }

    /** Fails: {@link HttpProblem} 400 for what is no JSON, or beyond the limits. */
    static JsonNode parse(byte[] text) {
        try {
            return READER.readTree(text);
        } catch (JsonProcessingException malformed) {
            throw new HttpProblem(400, "bad_request", "the body is not JSON: " + malformed.getOriginalMessage());
        } catch (IOException notUtf8) {
            throw new HttpProblem(400, "bad_request", "the body is not UTF-8: " + notUtf8.getMessage());
        }
    }

    private static void requireJson(String contentType) {
        String type = contentType.toLowerCase(Locale.ROOT).split(";", 2)[0].trim();
        boolean json = type.isEmpty()
                || type.equals(HttpAnswer.JSON)
                || type.endsWith("+json")
                || type.equals("application/octet-stream");
        if (!json) {
            throw new HttpProblem(
                    415,
                    "unsupported_media_type",
                    "the body is of type " + HttpProblem.shown(contentType) + "; send application/json");
        }
    }

    /** A text member, or null where it is missing or null. Fails: {@link HttpProblem} 400 for another type. */
    static String text(ObjectNode body, String name) {
        JsonNode value = body.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new HttpProblem(400, "bad_request", "\"" + name + "\" must be a text");
        }
        return value.textValue();
    }

    /** True or false, false where it is missing or null. Fails: {@link HttpProblem} 400 for another type. */
    static boolean flag(ObjectNode body, String name) {
        JsonNode value = body.get(name);
        if (value == null || value.isNull()) {
            return false;
        }
        if (!value.isBoolean()) {
            throw HttpProblem.badRequest("\"" + name + "\" must be true or false");
        }
        return value.booleanValue();
    }

    /** The items of an array, none where it is missing or null. Fails: {@link HttpProblem} 400 for another type. */
    static List<JsonNode> items(ObjectNode body, String name) {
        JsonNode value = body.get(name);
        if (value == null || value.isNull()) {
            return List.of();
        }
        if (!value.isArray()) {
            throw HttpProblem.badRequest("\"" + name + "\" must be an array");
        }
        List<JsonNode> items = new ArrayList<>(value.size());
        value.forEach(items::add);
        return items;
    }

    /** A whole number, or 0 where it is missing or null. */
    static int number(ObjectNode body, String name) {
        JsonNode value = body.get(name);
        if (value == null || value.isNull()) {
            return 0;
        }
        if (!value.canConvertToInt() || !value.isIntegralNumber()) {
            throw new HttpProblem(400, "bad_request", "\"" + name + "\" must be a whole number");
        }
        return value.intValue();
    }
}
