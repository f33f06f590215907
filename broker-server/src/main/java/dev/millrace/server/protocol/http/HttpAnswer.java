package dev.millrace.server.protocol.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** @param headers beside those of the content */
public record HttpAnswer(int status, String contentType, byte[] body, Map<String, String> headers) {
    static final String JSON = "application/json";

    static HttpAnswer of(int status, String contentType, String body) {
        return new HttpAnswer(status, contentType, body.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    HttpAnswer with(String header, String value) {
        return new HttpAnswer(status, contentType, body, Map.of(header, value));
    }
}
