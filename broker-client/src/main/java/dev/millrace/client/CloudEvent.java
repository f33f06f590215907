package dev.millrace.client;

import dev.millrace.client.internal.CloudEventJson;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * An event as CloudEvents 1.0 describes it, and how it travels: binary, the attributes as headers {@code ce_…} as in the
 * protocol binding for Kafka, or structured, the whole as JSON in the value.
 *
 * <table>
 * <caption>Attributes with a place of their own in a message</caption>
 * <tr><td>{@code source} and {@code id}</td><td>header {@code $id}, as {@code source#id}: an id is one of its source's</td></tr>
 * <tr><td>{@code type}</td><td>header {@code $type}</td></tr>
 * <tr><td>{@code partitionkey}</td><td>the key</td></tr>
 * <tr><td>{@code correlationid}</td><td>header {@code $correlation}</td></tr>
 * <tr><td>{@code causationid}</td><td>header {@code $causation}</td></tr>
 * <tr><td>{@code traceparent} {@code tracestate}</td><td>the headers of these names</td></tr>
 * </table>
 *
 * What a message has there and the event does not say, such as the correlation of the message that was handled when it was
 * published, is an attribute of the event that is read from it.
 *
 * @param attributes by name, all but id, source and type; names are of a-z and 0-9
 * @param data null for none
 */
public record CloudEvent(String id, String source, String type, SortedMap<String, String> attributes, byte[] data) {
    public static final String CONTENT_TYPE = "datacontenttype";
    public static final String PARTITION_KEY = "partitionkey";
    public static final String CORRELATION_ID = "correlationid";
    public static final String CAUSATION_ID = "causationid";

    private static final String SPEC_VERSION = "1.0";
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCH = "application/cloudevents-batch";
    private static final String CONTENT_TYPE_HEADER = "content-type";
    private static final String PREFIX = "ce_";
    private static final Pattern NAME = Pattern.compile("[a-z0-9]+");
    private static final List<String> RESERVED = List.of("id", "source", "type", "specversion", "data");

    /** Attributes and the headers that say the same. */
    private static final Map<String, String> MAPPED = Map.of(
            CORRELATION_ID,
            EventHeaders.CORRELATION,
            CAUSATION_ID,
            EventHeaders.CAUSATION,
            EventHeaders.TRACEPARENT,
            EventHeaders.TRACEPARENT,
            EventHeaders.TRACESTATE,
            EventHeaders.TRACESTATE);

    /** Fails: IllegalArgumentException for an empty id, source or type, and for a name that is none. */
    public CloudEvent {
        requireText("id", id);
        requireText("source", source);
        requireText("type", type);
        attributes = new TreeMap<>(attributes);
        attributes.forEach((name, value) -> {
            if (!NAME.matcher(name).matches() || RESERVED.contains(name)) {
                throw new IllegalArgumentException(
                        "\"" + name + "\" is not the name of a further attribute; one is made of a-z and 0-9");
            }
            Objects.requireNonNull(value, name);
        });
        attributes = Collections.unmodifiableSortedMap(attributes);
    }

    private static void requireText(String name, String value) {
        if (value == null || value.isEmpty()) {
            throw new IllegalArgumentException("a CloudEvent needs an attribute " + name);
        }
    }

    public static CloudEvent of(String id, String source, String type, byte[] data) {
        return new CloudEvent(id, source, type, new TreeMap<>(), data);
    }

    /** With one attribute more. */
    public CloudEvent with(String name, String value) {
        SortedMap<String, String> more = new TreeMap<>(attributes);
        more.put(name, value);
        return new CloudEvent(id, source, type, more, data);
    }

    /** The attribute, or null. */
    public String attribute(String name) {
        return attributes.get(name);
    }

    // ---- to a message

    /** In binary mode: the value is the data. */
    public Message toMessage(String topic) {
        Message message = addressed(topic).value(data);
        for (RecordHeader header : binaryHeaders()) {
            message = message.header(header.key(), header.value());
        }
        return message;
    }

    /**
     * In structured mode: the value is JSON.
     *
     * @throws IllegalStateException naming the artifact, where Jackson is not on the class path
     */
    public Message toStructuredMessage(String topic) {
        byte[] json;
        try {
            json = CloudEventJson.write(this);
        } catch (LinkageError e) {
            throw noJackson(e);
        }
        return addressed(topic).value(json).header(CONTENT_TYPE_HEADER, STRUCTURED + "; charset=UTF-8");
    }

    private Message addressed(String topic) {
        Message message = Message.to(topic).header(EventHeaders.ID, uniqueId()).header(EventHeaders.TYPE, type);
        String key = attributes.get(PARTITION_KEY);
        if (key != null) {
            message = message.key(key);
        }
        for (RecordHeader header : mappedHeaders()) {
            message = message.header(header.key(), header.value());
        }
        return message;
    }

    /** Unique among all sources, and the same as where the event comes over HTTP. */
    private String uniqueId() {
        return source + "#" + id;
    }

    /** For an event stream, in binary mode. The stream's event id is made of this one's, see {@link Event#idOf}. */
    public Event toEvent() {
        List<RecordHeader> headers = new ArrayList<>(mappedHeaders());
        headers.addAll(binaryHeaders());
        return new Event(Event.idOf(uniqueId()), type, data, List.of(), headers, -1);
    }

    private List<RecordHeader> mappedHeaders() {
        List<RecordHeader> headers = new ArrayList<>();
        MAPPED.forEach((attribute, header) -> {
            if (attributes.containsKey(attribute)) {
                headers.add(header(header, attributes.get(attribute)));
            }
        });
        return headers;
    }

    private List<RecordHeader> binaryHeaders() {
        List<RecordHeader> headers = new ArrayList<>();
        headers.add(header(PREFIX + "specversion", SPEC_VERSION));
        headers.add(header(PREFIX + "id", id));
        headers.add(header(PREFIX + "source", source));
        headers.add(header(PREFIX + "type", type));
        attributes.forEach((name, value) ->
                headers.add(header(name.equals(CONTENT_TYPE) ? CONTENT_TYPE_HEADER : PREFIX + name, value)));
        return headers;
    }

    private static RecordHeader header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    // ---- from a message

    /** Whether the message says that it is a CloudEvent, in either mode. */
    public static boolean isIn(ReceivedMessage message) {
        return message.header(PREFIX + "specversion") != null || isStructured(message);
    }

    private static boolean isStructured(ReceivedMessage message) {
        String contentType = message.header(CONTENT_TYPE_HEADER);
        return contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith(STRUCTURED);
    }

    /**
     * The event in a message, in either mode.
     *
     * @throws UndecodableException where it is none, one of another version, or lacks an attribute
     * @throws IllegalStateException naming the artifact, where it is structured and Jackson is not on the class path
     */
    public static CloudEvent of(ReceivedMessage message) {
        try {
            return isStructured(message) ? structured(message) : binary(message);
        } catch (IllegalArgumentException malformed) {
            throw new UndecodableException(message, malformed);
        }
    }

    private static CloudEvent structured(ReceivedMessage message) {
        if (message.value() == null) {
            throw new IllegalArgumentException("it is structured and has no value");
        }
        try {
            return completed(CloudEventJson.read(message.value()), message);
        } catch (LinkageError e) {
            throw noJackson(e);
        }
    }

    private static CloudEvent binary(ReceivedMessage message) {
        String contentType = message.header(CONTENT_TYPE_HEADER);
        if (contentType != null && contentType.startsWith(BATCH)) {
            throw new IllegalArgumentException("it is a batch, which no message may be");
        }
        SortedMap<String, String> found = new TreeMap<>();
        for (RecordHeader header : message.headers()) {
            if (header.key().startsWith(PREFIX) && header.value() != null) {
                found.put(
                        header.key().substring(PREFIX.length()).toLowerCase(Locale.ROOT),
                        new String(header.value(), StandardCharsets.UTF_8));
            }
        }
        if (contentType != null) {
            found.put(CONTENT_TYPE, contentType);
        }
        return completed(of(found, message.value()), message);
    }

    /** Of all attributes, those that every event has among them. Fails: IllegalArgumentException. */
    public static CloudEvent of(Map<String, String> all, byte[] data) {
        SortedMap<String, String> rest = new TreeMap<>(all);
        String version = rest.remove("specversion");
        if (!SPEC_VERSION.equals(version)) {
            throw new IllegalArgumentException("its specversion is " + version + ", which must be " + SPEC_VERSION);
        }
        return new CloudEvent(rest.remove("id"), rest.remove("source"), rest.remove("type"), rest, data);
    }

    private static CloudEvent completed(CloudEvent event, ReceivedMessage message) {
        SortedMap<String, String> all = new TreeMap<>(event.attributes);
        MAPPED.forEach((attribute, header) -> {
            String value = message.header(header);
            if (value != null) {
                all.putIfAbsent(attribute, value);
            }
        });
        if (message.key() != null) {
            all.putIfAbsent(PARTITION_KEY, message.keyText());
        }
        return new CloudEvent(event.id, event.source, event.type, all, event.data);
    }

    private static IllegalStateException noJackson(LinkageError cause) {
        return new IllegalStateException(
                "structured CloudEvents need Jackson: add com.fasterxml.jackson.core:jackson-databind to the class path",
                cause);
    }

    /** Names and sizes only: payload does not belong in logs. */
    @Override
    public String toString() {
        return "CloudEvent[id=" + id + ", source=" + source + ", type=" + type + ", dataBytes="
                + (data == null ? "null" : data.length) + "]";
    }
}
