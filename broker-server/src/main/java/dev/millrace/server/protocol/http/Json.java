package dev.millrace.server.protocol.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** The bodies of answers. */
final class Json {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Json() {}

    static byte[] health(Health health) {
        ObjectNode body = NODES.objectNode().put("status", health.status());
        ArrayNode reasons = body.putArray("reasons");
        for (Health.Reason reason : health.reasons()) {
            reasons.addObject().put("code", reason.code()).put("detail", reason.detail());
        }
        return bytes(body);
    }

    static byte[] problem(int status, String code, String detail) {
        return bytes(HttpProblem.body(status, code, detail));
    }

    private static byte[] bytes(ObjectNode body) {
        return (body + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
