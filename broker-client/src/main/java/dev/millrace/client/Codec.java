package dev.millrace.client;

import dev.millrace.client.internal.JsonCodec;
import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Turns objects into bytes and back. Null stays null and never reaches a codec. Thread-safe. */
public interface Codec<T> {
    byte[] encode(T object);

    T decode(byte[] bytes);

    /** Where an object goes or comes from: the key or the value of messages of a topic. */
    record Place(String topic, boolean key) {}

    /** An object as bytes, and the headers that say how to read them. */
    record Encoded(byte[] bytes, List<RecordHeader> headers) {}

    /** As {@link #encode(Object)}, for codecs that also write headers, or that need to know the topic. */
    default Encoded encode(Place place, T object) {
        return new Encoded(encode(object), List.of());
    }

    /** As {@link #decode(byte[])}, for codecs that also read headers, or that need to know the topic. */
    default T decode(Place place, byte[] bytes, List<RecordHeader> headers) {
        return decode(bytes);
    }

    static Codec<byte[]> bytes() {
        return new Codec<>() {
            @Override
            public byte[] encode(byte[] object) {
                return object;
            }

            @Override
            public byte[] decode(byte[] bytes) {
                return bytes;
            }
        };
    }

    /** UTF-8. */
    static Codec<String> string() {
        return new Codec<>() {
            @Override
            public byte[] encode(String object) {
                return object.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] bytes) {
                return new String(bytes, StandardCharsets.UTF_8);
            }
        };
    }

    /**
     * JSON by Jackson, which the application brings along; unknown properties are ignored.
     *
     * @throws IllegalStateException naming the artifact, where Jackson is not on the class path
     */
    static <T> Codec<T> json(Class<T> type) {
        try {
            return JsonCodec.of(type);
        } catch (LinkageError e) {
            throw new IllegalStateException(
                    "Codec.json needs Jackson: add com.fasterxml.jackson.core:jackson-databind to the class path", e);
        }
    }
}
