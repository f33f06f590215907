package dev.millrace.client.schema;

import dev.millrace.client.Codec;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.RecordHeader;
import java.nio.ByteBuffer;
import java.util.List;

/** Knows the id of one schema in each topic, and how ids travel. Thread: any. */
final class SchemaBinding {
    private static final String VALUE_HEADER = "__value_schema_id";
    private static final String KEY_HEADER = "__key_schema_id";
    private static final int ID_BYTES = 1 + Integer.BYTES;

    private final SchemaRegistryClient registry;
    private final RegistrySchema schema;
    private final SchemaForm form;
    private final boolean register;
    private final LoadingCache<Codec.Place, Integer> ids = new LoadingCache<>(this::askForId);

    /** An encoded value and the id of the schema that it was written with. */
    record Received(int id, ByteBuffer payload) {}

    SchemaBinding(SchemaRegistryClient registry, RegistrySchema schema, SchemaForm form, boolean register) {
        this.registry = registry;
        this.schema = schema;
        this.form = form;
        this.register = register;
    }

    SchemaBinding with(SchemaForm other) {
        return new SchemaBinding(registry, schema, other, register);
    }

    SchemaBinding onlyRegistered() {
        return new SchemaBinding(registry, schema, form, false);
    }

    SchemaRegistryClient registry() {
        return registry;
    }

    static String subject(Codec.Place place) {
        return place.topic() + (place.key() ? "-key" : "-value");
    }

    /**
     * Adds the id.
     *
     * @param message which message of a Protobuf file, as bytes; empty for other formats
     */
    Codec.Encoded encode(Codec.Place place, byte[] payload, byte[] message) {
        int id = ids.get(place);
        byte[] name = ByteBuffer.allocate(ID_BYTES + message.length)
                .put((byte) 0)
                .putInt(id)
                .put(message)
                .array();
        if (form == SchemaForm.HEADER) {
            return new Codec.Encoded(payload, List.of(new RecordHeader(header(place), name)));
        }
        byte[] framed = ByteBuffer.allocate(name.length + payload.length)
                .put(name)
                .put(payload)
                .array();
        return new Codec.Encoded(framed, List.of());
    }

    private int askForId(Codec.Place place) {
        return register ? registry.register(subject(place), schema) : registry.idOf(subject(place), schema);
    }

    /** Fails: {@link MillraceException} for a message that names no schema. */
    static Received decode(Codec.Place place, byte[] bytes, List<RecordHeader> headers) {
        for (RecordHeader header : headers) {
            if (header.key().equals(header(place)) && header.value() != null && header.value().length >= ID_BYTES) {
                ByteBuffer name = ByteBuffer.wrap(header.value());
                requireId(place, name.get());
                return new Received(name.getInt(), ByteBuffer.wrap(bytes));
            }
        }
        if (bytes.length < ID_BYTES) {
            throw unnamed(place);
        }
        ByteBuffer framed = ByteBuffer.wrap(bytes);
        requireId(place, framed.get());
        return new Received(framed.getInt(), framed.slice());
    }

    /** True where the schema's id is in a header. */
    static boolean hasHeader(Codec.Place place, List<RecordHeader> headers) {
        return headers.stream().anyMatch(header -> header.key().equals(header(place)));
    }

    private static String header(Codec.Place place) {
        return place.key() ? KEY_HEADER : VALUE_HEADER;
    }

    private static void requireId(Codec.Place place, byte magic) {
        if (magic != 0) {
            throw unnamed(place);
        }
    }

    private static MillraceException unnamed(Codec.Place place) {
        return new MillraceException(
                Fault.INVALID_REQUEST,
                "a message of \"" + place.topic() + "\" has no id of a schema, neither in the header " + header(place)
                        + " nor as 0x00 and four bytes in front");
    }

    static IllegalStateException needsTopic() {
        return new IllegalStateException(
                "a codec with a registered schema needs to know the topic: use it through MillraceClient.topic(..)");
    }
}
