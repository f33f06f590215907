package dev.millrace.client;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A message from a topic, with its place. Key and value may be null. */
public record ReceivedMessage(
        String topic,
        int partition,
        long offset,
        long timestampMs,
        byte[] key,
        byte[] value,
        List<RecordHeader> headers) {
    /** The key as UTF-8, or null. */
    public String keyText() {
        return text(key);
    }

    /** The value as UTF-8, or null. */
    public String valueText() {
        return text(value);
    }

    /** The last header of this name as UTF-8, or null. */
    public String header(String name) {
        for (int i = headers.size() - 1; i >= 0; i--) {
            if (headers.get(i).key().equals(name)) {
                return text(headers.get(i).value());
            }
        }
        return null;
    }

    /**
     * What tells this message from all others, however often it comes: the header {@code $id} where its publisher set one,
     * else its place, {@code orders/3@4711}. Ids that are not text are written as a UUID or in hexadecimal digits, so that no
     * two become one.
     */
    public String id() {
        String id = EventHeaders.textIdOf(headers);
        return id == null ? toString() : id;
    }

    /** When this message was due, where it was published to be delivered later; else -1. */
    public long dueMs() {
        for (RecordHeader header : headers) {
            if (header.key().equals("$due") && header.value() != null && header.value().length == Long.BYTES) {
                return ByteBuffer.wrap(header.value()).getLong();
            }
        }
        return -1;
    }

    public TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }

    /** Place and sizes only: payload does not belong in logs. */
    @Override
    public String toString() {
        return topic + "/" + partition + "@" + offset;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
