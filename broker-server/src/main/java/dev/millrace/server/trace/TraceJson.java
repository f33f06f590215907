package dev.millrace.server.trace;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.Retry;
import dev.millrace.client.TracedMessage;
import dev.millrace.server.trace.TraceReport.Entry;
import dev.millrace.server.trace.TraceReport.Letter;
import dev.millrace.server.trace.TraceReport.Step;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** A report as JSON, for scripts: an array of messages. */
public final class TraceJson {
    private TraceJson() {}

    public static ArrayNode of(TraceReport report) {
        ArrayNode messages = JsonNodeFactory.instance.arrayNode();
        report.entries().forEach(entry -> put(messages.addObject(), entry));
        return messages;
    }

    private static void put(ObjectNode json, Entry entry) {
        TracedMessage message = entry.message();
        json.put("depth", entry.depth())
                .put("id", message.id())
                .put("type", message.type())
                .put("topic", message.position().topic())
                .put("partition", message.position().partition())
                .put("offset", message.position().offset())
                .put("timestamp", message.timestampMs());
        putKey(json, message.key());
        json.put("valueBytes", message.valueBytes())
                .put("correlation", message.correlation())
                .put("causation", message.causation())
                .put("traceparent", message.header("traceparent"));
        ArrayNode groups = json.putArray("groups");
        entry.steps().forEach(step -> put(groups.addObject(), step));
    }

    /** As text, or as {@code {"base64":"..."}} where it is no UTF-8. */
    private static void putKey(ObjectNode json, byte[] key) {
        String text = key == null ? null : new String(key, StandardCharsets.UTF_8);
        if (key == null || Arrays.equals(key, text.getBytes(StandardCharsets.UTF_8))) {
            json.put("key", text);
        } else {
            json.putObject("key").put("base64", Base64.getEncoder().encodeToString(key));
        }
    }

    private static void put(ObjectNode json, Step step) {
        json.put("group", step.group()).put("passed", step.passed());
        if (step.parked()) {
            Letter letter = step.deadLetter();
            json.putObject("deadLetter")
                    .put("state", letter.state())
                    .put("reason", letter.reason())
                    .put("attempts", letter.attempts())
                    .put("firstFailure", letter.firstFailureMs())
                    .put("lastFailure", letter.lastFailureMs());
        }
        if (step.retry() != null) {
            put(json.putObject("retry"), step.retry());
        }
    }

    /** What is not known is null. */
    private static void put(ObjectNode json, Retry retry) {
        json.put("attempts", retry.attempts())
                .put("attemptsMax", retry.attemptsMax() == 0 ? null : (Integer) retry.attemptsMax())
                .put("lastError", retry.lastError().isEmpty() ? null : retry.lastError())
                .put("lastFailure", retry.lastFailureMs() < 0 ? null : (Long) retry.lastFailureMs())
                .put("nextTry", retry.nextTryMs() < 0 ? null : (Long) retry.nextTryMs())
                .put("keyParked", retry.keyParked());
    }
}
