package dev.millrace.client;

import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * An event to append: {@code Event.of("OrderPaid", "{\"total\":12}").tags("customer:7")}.
 *
 * @param id by which the broker recognises it when it comes again; a random one where none is chosen
 * @param type null for none
 * @param timestampMs -1 for now
 * @param headers of the application
 */
public record Event(
        UUID id, String type, byte[] value, List<String> tags, List<RecordHeader> headers, long timestampMs) {
    public Event {
        Objects.requireNonNull(id, "id");
        tags = List.copyOf(tags);
        headers = List.copyOf(headers);
    }

    public static Event of(String type, byte[] value) {
        return new Event(UUID.randomUUID(), type, value, List.of(), List.of(), -1);
    }

    public static Event of(String type, String value) {
        return of(type, value.getBytes(StandardCharsets.UTF_8));
    }

    /** With an id of the application: appending it again inside the id window has no second effect. */
    public Event id(UUID id) {
        return new Event(id, type, value, tags, headers, timestampMs);
    }

    /** With an id made of a text, the same for the same text. */
    public Event id(String text) {
        return id(idOf(text));
    }

    /** A UUID is taken as it is; of any other text one is made. */
    public static UUID idOf(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException notOne) {
            return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** With these tags: at most 16, of at most 256 bytes. */
    public Event tags(String... tags) {
        return new Event(id, type, value, List.of(tags), headers, timestampMs);
    }

    public Event timestampMs(long timestampMs) {
        return new Event(id, type, value, tags, headers, timestampMs);
    }

    public Event header(String name, byte[] value) {
        List<RecordHeader> more = new ArrayList<>(headers);
        more.add(new RecordHeader(name, value));
        return new Event(id, type, this.value, tags, more, timestampMs);
    }

    public Event header(String name, String value) {
        return header(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Ties it to what it belongs to, such as an order process. */
    public Event correlation(String id) {
        return header(EventHeaders.CORRELATION, id);
    }

    /** Names what made it happen. */
    public Event causation(String id) {
        return header(EventHeaders.CAUSATION, id);
    }
}
