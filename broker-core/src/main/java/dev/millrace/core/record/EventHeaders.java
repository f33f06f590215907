package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * Headers of events, all with a name that begins with {@code $}, and how their values are written.
 *
 * <table>
 * <caption>Headers</caption>
 * <tr><td>{@code $version}</td><td>8 bytes, big-endian; written by the broker</td></tr>
 * <tr><td>{@code $id}</td><td>16 bytes: the event's id</td></tr>
 * <tr><td>{@code $type}</td><td>text of at most 256 bytes</td></tr>
 * <tr><td>{@code $tags}</td><td>at most 16 texts of 1 to 256 bytes with line feeds between them</td></tr>
 * <tr><td>{@code $correlation}</td><td>text: what the event belongs to, such as an order process</td></tr>
 * <tr><td>{@code $causation}</td><td>text: the id of the message whose handling published this one</td></tr>
 * <tr><td>{@code $schema} {@code $time}</td><td>the application's own</td></tr>
 * <tr><td>{@code $erased}</td><td>8 bytes: when the value was erased; written by the broker</td></tr>
 * </table>
 *
 * <p>Beside them stand the headers of W3C Trace Context and Baggage, under the names that they have everywhere.
 */
public final class EventHeaders {
    public static final String VERSION = "$version";
    public static final String ID = "$id";
    public static final String TYPE = "$type";
    public static final String TAGS = "$tags";
    public static final String SCHEMA = "$schema";
    public static final String CORRELATION = "$correlation";
    public static final String CAUSATION = "$causation";
    public static final String TIME = "$time";
    public static final String ERASED = "$erased";

    public static final String TRACEPARENT = "traceparent";
    public static final String TRACESTATE = "tracestate";
    public static final String BAGGAGE = "baggage";

    public static final int ID_BYTES = 16;
    public static final int TYPE_BYTES_MAX = 256;
    public static final int TAGS_MAX = 16;
    public static final int TAG_BYTES_MAX = 256;

    static final byte[] VERSION_NAME = VERSION.getBytes(StandardCharsets.UTF_8);
    static final byte[] ERASED_NAME = ERASED.getBytes(StandardCharsets.UTF_8);
    private static final char TAG_SEPARATOR = '\n';

    private EventHeaders() {}

    public static RecordHeader id(UUID id) {
        return new RecordHeader(
                ID,
                ByteBuffer.allocate(ID_BYTES)
                        .putLong(id.getMostSignificantBits())
                        .putLong(id.getLeastSignificantBits())
                        .array());
    }

    public static RecordHeader type(String type) {
        return new RecordHeader(TYPE, type.getBytes(StandardCharsets.UTF_8));
    }

    public static RecordHeader tags(List<String> tags) {
        return new RecordHeader(
                TAGS, String.join(String.valueOf(TAG_SEPARATOR), tags).getBytes(StandardCharsets.UTF_8));
    }

    /** The id in an {@code $id} header's value. */
    public static UUID idOf(byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        return new UUID(in.getLong(), in.getLong());
    }

    /** The tags in a {@code $tags} header's value; none for no value. */
    public static List<String> tagsOf(byte[] value) {
        if (value == null || value.length == 0) {
            return List.of();
        }
        return Arrays.asList(new String(value, StandardCharsets.UTF_8).split(String.valueOf(TAG_SEPARATOR), -1));
    }

    /** The version of an event, or -1 for a record without one. */
    public static long versionOf(List<RecordHeader> headers) {
        byte[] value = find(headers, VERSION);
        return value == null || value.length != Long.BYTES
                ? -1
                : ByteBuffer.wrap(value).getLong();
    }

    /**
     * The record's id as text: a UUID where it is one of an event or no plain text, hexadecimal digits where it is no text at
     * all; null for none. No two ids have the same text.
     */
    public static String textIdOf(List<RecordHeader> headers) {
        byte[] id = find(headers, ID);
        if (id == null) {
            return null;
        }
        boolean event = versionOf(headers) >= 0;
        if (id.length == ID_BYTES && (event || !isPlainText(id))) {
            return idOf(id).toString();
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(id))
                    .toString();
        } catch (CharacterCodingException notText) {
            return "hex:" + HexFormat.of().formatHex(id);
        }
    }

    private static boolean isPlainText(byte[] bytes) {
        for (byte b : bytes) {
            if (b < ' ') {
                return false; // also those above 127
            }
        }
        return true;
    }

    /** The value of the first header with this name, or null. */
    public static byte[] find(List<RecordHeader> headers, String name) {
        for (RecordHeader header : headers) {
            if (header.key().equals(name)) {
                return header.value();
            }
        }
        return null;
    }
}
