package dev.millrace.client;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/**
 * An event as it stands in a stream.
 *
 * @param version in its stream; -1 for a record of a topic without streams
 * @param value null also where it was erased
 */
public record StoredEvent(
        String topic,
        int partition,
        long offset,
        byte[] key,
        long version,
        long timestampMs,
        byte[] value,
        List<RecordHeader> headers) {
    /** The event in a message of a topic that keeps streams. */
    public static StoredEvent of(ReceivedMessage message) {
        return new StoredEvent(
                message.topic(),
                message.partition(),
                message.offset(),
                message.key(),
                EventHeaders.versionOf(message.headers()),
                message.timestampMs(),
                message.value(),
                message.headers());
    }

    /** The event as a plain consumer receives it. */
    public ReceivedMessage message() {
        return new ReceivedMessage(topic, partition, offset, timestampMs, key, value, headers);
    }

    public String keyText() {
        return text(key);
    }

    public String valueText() {
        return text(value);
    }

    /** Null for none. */
    public UUID id() {
        byte[] id = EventHeaders.find(headers, EventHeaders.ID);
        return id == null || id.length != EventHeaders.ID_BYTES ? null : EventHeaders.idOf(id);
    }

    /** Null for none. */
    public String type() {
        return text(EventHeaders.find(headers, EventHeaders.TYPE));
    }

    public List<String> tags() {
        return EventHeaders.tagsOf(EventHeaders.find(headers, EventHeaders.TAGS));
    }

    /** The first header of this name as UTF-8, or null. */
    public String header(String name) {
        return text(EventHeaders.find(headers, name));
    }

    /** True where the value was erased. */
    public boolean erased() {
        return EventHeaders.find(headers, EventHeaders.ERASED) != null;
    }

    /**
     * Whether a row that was last changed by an event of this stream with {@code knownVersion} is still to be changed by
     * this one; -1 for a row that is not there.
     *
     * @throws IllegalStateException where versions are missing between the two, so that the row would be wrong from here on;
     *     where the topic has no streams
     */
    public boolean isAfter(long knownVersion) {
        if (version < 0) {
            throw new IllegalStateException(this + ": topic " + topic
                    + " has no streams, so its records have no versions; create one with stream.index=key");
        }
        if (knownVersion >= 0 && version > knownVersion + 1) {
            throw new IllegalStateException("the row has version " + knownVersion + " of stream \"" + keyText()
                    + "\", and " + this + " comes next: " + (version - knownVersion - 1) + " events are missing");
        }
        return version > knownVersion;
    }

    /** Place only: payload does not belong in logs. */
    @Override
    public String toString() {
        return topic + "/" + partition + "@" + offset + " version " + version;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
