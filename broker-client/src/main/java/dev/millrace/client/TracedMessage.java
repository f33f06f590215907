package dev.millrace.client;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceParent;
import dev.millrace.core.record.TraceSearch;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A message that belongs to a trace, without its value.
 *
 * @param timestampMs when it was published, by its publisher
 * @param key may be null
 * @param valueBytes -1 for no value
 */
public record TracedMessage(
        Position position, long timestampMs, byte[] key, int valueBytes, List<RecordHeader> headers) {
    public TracedMessage {
        headers = List.copyOf(headers);
    }

    static TracedMessage of(TraceSearch.Found found) {
        TraceSearch.Place place = found.place();
        return new TracedMessage(
                new Position(place.topic(), place.partition(), place.offset()),
                found.timestampMs(),
                found.key(),
                found.valueBytes(),
                found.headers());
    }

    /** As {@link ReceivedMessage#id}. */
    public String id() {
        String id = EventHeaders.textIdOf(headers);
        return id == null ? position.toString() : id;
    }

    /** What it belongs to, or null. */
    public String correlation() {
        return header(EventHeaders.CORRELATION);
    }

    /** The id of the message whose handling published it, or null. */
    public String causation() {
        return header(EventHeaders.CAUSATION);
    }

    /** The event's type, or null. */
    public String type() {
        return header(EventHeaders.TYPE);
    }

    /** Its W3C trace id, or null. */
    public String traceId() {
        TraceParent parent = TraceParent.parse(header(EventHeaders.TRACEPARENT));
        return parent == null ? null : parent.traceId();
    }

    /** The first header of this name as UTF-8, or null. */
    public String header(String name) {
        byte[] value = EventHeaders.find(headers, name);
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    /** Place only: payload does not belong in logs. */
    @Override
    public String toString() {
        return position.toString();
    }
}
