package dev.millrace.client;

import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A message to publish: {@code Message.to("orders").key("o-17").value("paid").header("trace", "4711")}.
 *
 * @param key chooses the partition, the same for the same key; null for any partition
 * @param value may be null
 * @param timestampMs -1 for now
 * @param partition -1 to choose by the key
 */
public record Message(
        String topic, byte[] key, byte[] value, List<RecordHeader> headers, long timestampMs, int partition) {
    public Message {
        Objects.requireNonNull(topic, "topic");
        headers = List.copyOf(headers);
    }

    public static Message to(String topic) {
        return of(topic, null, null);
    }

    public static Message of(String topic, byte[] key, byte[] value) {
        return new Message(topic, key, value, List.of(), -1, -1);
    }

    public Message key(byte[] key) {
        return new Message(topic, key, value, headers, timestampMs, partition);
    }

    public Message key(String key) {
        return key(utf8(key));
    }

    public Message value(byte[] value) {
        return new Message(topic, key, value, headers, timestampMs, partition);
    }

    public Message value(String value) {
        return value(utf8(value));
    }

    /** This message with one header more. */
    public Message header(String name, byte[] value) {
        List<RecordHeader> more = new ArrayList<>(headers);
        more.add(new RecordHeader(name, value));
        return new Message(topic, key, this.value, more, timestampMs, partition);
    }

    public Message header(String name, String value) {
        return header(name, utf8(value));
    }

    public Message timestampMs(long timestampMs) {
        return new Message(topic, key, value, headers, timestampMs, partition);
    }

    public Message partition(int partition) {
        return new Message(topic, key, value, headers, timestampMs, partition);
    }

    /** Sizes only: payload does not belong in logs. */
    @Override
    public String toString() {
        return "Message[topic=" + topic + ", keyBytes=" + (key == null ? "null" : key.length) + ", valueBytes="
                + (value == null ? "null" : value.length) + ", headers=" + headers.size() + "]";
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
