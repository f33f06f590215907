package dev.millrace.client.schema;

import dev.millrace.client.Codec;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.RecordHeader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DatumWriter;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/**
 * Avro records whose schema is registered: on the first message to a topic it is registered or found, and what was written
 * with another version is read by that one and turned into this. Needs {@code org.apache.avro:avro}. Thread: any.
 */
public final class AvroCodec<T> implements Codec<T> {
    private final SchemaBinding binding;
    private final Schema schema;
    private final GenericData data;
    private final DatumWriter<T> writer;
    private final LoadingCache<Integer, DatumReader<T>> readers = new LoadingCache<>(this::reader);

    @SuppressWarnings("unchecked")
    private AvroCodec(SchemaBinding binding, Schema schema, GenericData data) {
        this.binding = binding;
        this.schema = schema;
        this.data = data;
        this.writer = data.createDatumWriter(schema);
    }

    /** For records without classes of their own. */
    public static AvroCodec<GenericRecord> generic(SchemaRegistryClient registry, Schema schema) {
        return new AvroCodec<>(binding(registry, schema), schema, GenericData.get());
    }

    /** For a class that Avro's compiler generated. */
    public static <T extends SpecificRecord> AvroCodec<T> specific(SchemaRegistryClient registry, Class<T> type) {
        SpecificData data = SpecificData.getForClass(type);
        Schema schema = data.getSchema(type);
        return new AvroCodec<>(binding(registry, schema), schema, data);
    }

    private static SchemaBinding binding(SchemaRegistryClient registry, Schema schema) {
        return new SchemaBinding(registry, RegistrySchema.avro(schema.toString()), SchemaForm.HEADER, true);
    }

    /** This codec writing the id elsewhere. */
    public AvroCodec<T> form(SchemaForm form) {
        return new AvroCodec<>(binding.with(form), schema, data);
    }

    /** This codec, failing where the schema is not registered yet, as where a build registers it. */
    public AvroCodec<T> onlyRegistered() {
        return new AvroCodec<>(binding.onlyRegistered(), schema, data);
    }

    @Override
    public Encoded encode(Place place, T object) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        try {
            writer.write(object, encoder);
            encoder.flush();
        } catch (IOException | AvroRuntimeException | ClassCastException e) {
            throw failed("an object does not fit the schema " + schema.getFullName(), e);
        }
        return binding.encode(place, bytes.toByteArray(), new byte[0]);
    }

    @Override
    public T decode(Place place, byte[] bytes, List<RecordHeader> headers) {
        SchemaBinding.Received received = SchemaBinding.decode(place, bytes, headers);
        DatumReader<T> reader = readers.get(received.id());
        byte[] array = received.payload().array();
        int from = received.payload().arrayOffset() + received.payload().position();
        try {
            return reader.read(
                    null,
                    DecoderFactory.get()
                            .binaryDecoder(array, from, received.payload().remaining(), null));
        } catch (IOException | AvroRuntimeException e) {
            throw failed("a message of \"" + place.topic() + "\" does not fit schema " + received.id(), e);
        }
    }

    @SuppressWarnings("unchecked")
    private DatumReader<T> reader(int id) {
        Schema.Parser parser = new Schema.Parser();
        Schema written = null;
        for (RegistrySchema part :
                binding.registry().withReferences(binding.registry().schema(id))) {
            written = parser.parse(part.text());
        }
        return data.createDatumReader(written, schema);
    }

    @Override
    public byte[] encode(T object) {
        throw SchemaBinding.needsTopic();
    }

    @Override
    public T decode(byte[] bytes) {
        throw SchemaBinding.needsTopic();
    }

    private static MillraceException failed(String what, Exception cause) {
        return new MillraceException(Fault.INVALID_REQUEST, what + ": " + cause.getMessage(), cause);
    }
}
