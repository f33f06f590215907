package dev.millrace.client;

import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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
 * @param later when it is to be delivered; null for now
 */
public record Message(
        String topic,
        byte[] key,
        byte[] value,
        List<RecordHeader> headers,
        long timestampMs,
        int partition,
        Later later) {
    /**
     * When a message is to be delivered. One of the two times is given, the other is -1.
     *
     * @param atMs the time
     * @param delayMs how long from now, by the broker's clock
     * @param timerKey a later message to the topic with the same timer key takes its place; null for none
     */
    public record Later(long atMs, long delayMs, String timerKey) {
        private static final Later UNSAID = new Later(-1, -1, null);
    }

    public Message {
        Objects.requireNonNull(topic, "topic");
        headers = List.copyOf(headers);
    }

    /** A message to be delivered now. */
    public Message(
            String topic, byte[] key, byte[] value, List<RecordHeader> headers, long timestampMs, int partition) {
        this(topic, key, value, headers, timestampMs, partition, null);
    }

    public static Message to(String topic) {
        return of(topic, null, null);
    }

    public static Message of(String topic, byte[] key, byte[] value) {
        return new Message(topic, key, value, List.of(), -1, -1);
    }

    public Message key(byte[] key) {
        return new Message(topic, key, value, headers, timestampMs, partition, later);
    }

    public Message key(String key) {
        return key(utf8(key));
    }

    public Message value(byte[] value) {
        return new Message(topic, key, value, headers, timestampMs, partition, later);
    }

    public Message value(String value) {
        return value(utf8(value));
    }

    /** This message with one header more. */
    public Message header(String name, byte[] value) {
        List<RecordHeader> more = new ArrayList<>(headers);
        more.add(new RecordHeader(name, value));
        return new Message(topic, key, this.value, more, timestampMs, partition, later);
    }

    public Message header(String name, String value) {
        return header(name, utf8(value));
    }

    public Message timestampMs(long timestampMs) {
        return new Message(topic, key, value, headers, timestampMs, partition, later);
    }

    public Message partition(int partition) {
        return new Message(topic, key, value, headers, timestampMs, partition, later);
    }

    /**
     * Delivered at this time and never before; at once where it has passed. Until then nobody sees it, and it has no offset.
     */
    public Message deliverAt(Instant time) {
        return later(new Later(time.toEpochMilli(), -1, laterOrUnsaid().timerKey));
    }

    /** Delivered after this time by the broker's clock, and never before. */
    public Message delay(Duration delay) {
        return later(new Later(-1, delay.toMillis(), laterOrUnsaid().timerKey));
    }

    /**
     * Names a message that waits for its time: a later one to the topic with the same timer key takes its place, and {@link
     * Timers#cancel} takes it back.
     */
    public Message timerKey(String timerKey) {
        Later now = laterOrUnsaid();
        return later(new Later(now.atMs, now.delayMs, timerKey));
    }

    /** This message with another time of delivery; null for now. */
    public Message later(Later later) {
        return new Message(topic, key, value, headers, timestampMs, partition, later);
    }

    private Later laterOrUnsaid() {
        return later == null ? Later.UNSAID : later;
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
