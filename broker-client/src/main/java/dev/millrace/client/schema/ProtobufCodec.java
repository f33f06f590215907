package dev.millrace.client.schema;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.millrace.client.Codec;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.RecordHeader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Protobuf messages whose .proto file is registered. Needs {@code com.google.protobuf:protobuf-java}. Thread: any.
 */
public final class ProtobufCodec<T extends com.google.protobuf.Message> implements Codec<T> {
    private final SchemaBinding binding;
    private final T prototype;
    private final Parser<T> parser;
    private final byte[] messageIndexes;

    @SuppressWarnings("unchecked")
    private ProtobufCodec(SchemaBinding binding, T prototype) {
        this.binding = binding;
        this.prototype = prototype;
        this.parser = (Parser<T>) prototype.getParserForType();
        this.messageIndexes = indexes(prototype.getDescriptorForType());
    }

    /**
     * @param prototype the default instance of a generated class
     * @param proto the text of the .proto file that it was generated from
     */
    public static <T extends com.google.protobuf.Message> ProtobufCodec<T> of(
            SchemaRegistryClient registry, T prototype, RegistrySchema proto) {
        return new ProtobufCodec<>(new SchemaBinding(registry, proto, SchemaForm.HEADER, true), prototype);
    }

    /** This codec writing the id elsewhere. */
    public ProtobufCodec<T> form(SchemaForm form) {
        return new ProtobufCodec<>(binding.with(form), prototype);
    }

    /** This codec, failing where the schema is not registered yet, as where a build registers it. */
    public ProtobufCodec<T> onlyRegistered() {
        return new ProtobufCodec<>(binding.onlyRegistered(), prototype);
    }

    /** From the outside in, as zigzag varints after their count; a single 0 for the first message of the file. */
    private static byte[] indexes(Descriptor message) {
        List<Integer> path = new ArrayList<>();
        for (Descriptor at = message; at != null; at = at.getContainingType()) {
            path.add(0, at.getIndex());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            if (path.equals(List.of(0))) {
                out.writeSInt32NoTag(0);
            } else {
                out.writeSInt32NoTag(path.size());
                for (int index : path) {
                    out.writeSInt32NoTag(index);
                }
            }
            out.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return bytes.toByteArray();
    }

    @Override
    public Encoded encode(Place place, T object) {
        return binding.encode(place, ((MessageLite) object).toByteArray(), messageIndexes);
    }

    @Override
    public T decode(Place place, byte[] bytes, List<RecordHeader> headers) {
        SchemaBinding.Received received = SchemaBinding.decode(place, bytes, headers);
        ByteBuffer payload = received.payload();
        if (!SchemaBinding.hasHeader(place, headers)) {
            skipIndexes(payload);
        }
        try {
            return parser.parseFrom(com.google.protobuf.CodedInputStream.newInstance(payload));
        } catch (InvalidProtocolBufferException e) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    "a message of \"" + place.topic() + "\" is no "
                            + prototype.getDescriptorForType().getFullName() + ": " + e.getMessage(),
                    e);
        }
    }

    private static void skipIndexes(ByteBuffer payload) {
        long count = zigzag(payload);
        for (long i = 0; i < count && payload.hasRemaining(); i++) {
            zigzag(payload);
        }
    }

    private static long zigzag(ByteBuffer bytes) {
        long raw = 0;
        for (int shift = 0; shift < 35 && bytes.hasRemaining(); shift += 7) {
            byte next = bytes.get();
            raw |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                break;
            }
        }
        return (raw >>> 1) ^ -(raw & 1);
    }

    @Override
    public byte[] encode(T object) {
        throw SchemaBinding.needsTopic();
    }

    @Override
    public T decode(byte[] bytes) {
        throw SchemaBinding.needsTopic();
    }
}
