package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a request is answered with.
 *
 * @param headers beside those of the content
 * @param stream what goes on after the body, null where the body is all
 * @param afterwards run once, when the socket has taken the body or the connection has ended
 */
public record HttpAnswer(
        int status,
        String contentType,
        byte[] body,
        Map<String, String> headers,
        BodyStream stream,
        Runnable afterwards) {
    static final String JSON = "application/json";
    static final Runnable NOTHING = () -> {};

    static HttpAnswer of(int status, String contentType, String body) {
        return new HttpAnswer(status, contentType, body.getBytes(StandardCharsets.UTF_8), Map.of(), null, NOTHING);
    }

    /** JSON with 200. */
    static HttpAnswer ok(JsonNode body) {
        return json(200, body);
    }

    /** JSON on a line of its own, as terminals like it. */
    static HttpAnswer json(int status, JsonNode body) {
        return of(status, JSON, body + "\n");
    }

    static HttpAnswer streamed(String contentType, BodyStream stream) {
        return new HttpAnswer(200, contentType, new byte[0], Map.of(), stream, NOTHING);
    }

    HttpAnswer with(String header, String value) {
        return new HttpAnswer(status, contentType, body, Map.of(header, value), stream, afterwards);
    }

    HttpAnswer afterwards(Runnable then) {
        return new HttpAnswer(status, contentType, body, headers, stream, then);
    }
}
