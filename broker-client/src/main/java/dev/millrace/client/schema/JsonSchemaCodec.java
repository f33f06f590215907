package dev.millrace.client.schema;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.client.Codec;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.RecordHeader;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * JSON documents whose schema is registered. Whether they fit it is checked by the broker, in topics with
 * {@code schema.validation=full}. Needs Jackson. Thread: any.
 */
public final class JsonSchemaCodec<T> implements Codec<T> {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .findAndAddModules()
            .build();

    private final SchemaBinding binding;
    private final Class<T> type;
    /** Null for none. */
    private final Upcasting upcasting;

    /** @param name of the events, as the chain knows them */
    private record Upcasting(String name, Upcasters<JsonNode> chain) {}

    private JsonSchemaCodec(SchemaBinding binding, Class<T> type, Upcasting upcasting) {
        this.binding = binding;
        this.type = type;
        this.upcasting = upcasting;
    }

    /** @param schema the text of the JSON schema; {@code JsonNode.class} as type gives plain trees */
    public static <T> JsonSchemaCodec<T> of(SchemaRegistryClient registry, Class<T> type, String schema) {
        return new JsonSchemaCodec<>(
                new SchemaBinding(registry, RegistrySchema.json(schema), SchemaForm.HEADER, true), type, null);
    }

    /** This codec writing the id elsewhere. */
    public JsonSchemaCodec<T> form(SchemaForm form) {
        return new JsonSchemaCodec<>(binding.with(form), type, upcasting);
    }

    /** This codec, failing where the schema is not registered yet, as where a build registers it. */
    public JsonSchemaCodec<T> onlyRegistered() {
        return new JsonSchemaCodec<>(binding.onlyRegistered(), type, upcasting);
    }

    /**
     * This codec, bringing documents of older versions up to date before they become objects. The version is that of the
     * subject. The chain must make exactly one event of one; where it may make more, use {@link Upcasters} in the handler.
     */
    public JsonSchemaCodec<T> upcasting(String name, Upcasters<JsonNode> chain) {
        return new JsonSchemaCodec<>(binding, type, new Upcasting(name, chain));
    }

    @Override
    public Encoded encode(Place place, T object) {
        try {
            return binding.encode(place, MAPPER.writeValueAsBytes(object), new byte[0]);
        } catch (IOException e) {
            throw failed("an object of " + type.getName() + " does not turn into JSON", e);
        }
    }

    @Override
    public T decode(Place place, byte[] bytes, List<RecordHeader> headers) {
        SchemaBinding.Received received = SchemaBinding.decode(place, bytes, headers);
        byte[] array = received.payload().array();
        int from = received.payload().arrayOffset() + received.payload().position();
        try {
            JsonNode tree = MAPPER.readTree(array, from, received.payload().remaining());
            return MAPPER.treeToValue(upcasting == null ? tree : upcast(place, received.id(), tree), type);
        } catch (IOException e) {
            throw failed("a message of \"" + place.topic() + "\" does not fit " + type.getName(), e);
        }
    }

    private JsonNode upcast(Place place, int id, JsonNode tree) {
        int version = binding.registry().versionOf(SchemaBinding.subject(place), id);
        List<Upcasters.Event<JsonNode>> events =
                upcasting.chain.upcast(new Upcasters.Event<>(upcasting.name, version, tree, Map.of()));
        if (events.size() != 1) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    "the upcasters make " + events.size() + " events of version " + version + " of " + upcasting.name
                            + "; a codec can hand on one");
        }
        return events.get(0).data();
    }

    @Override
    public byte[] encode(T object) {
        throw SchemaBinding.needsTopic();
    }

    @Override
    public T decode(byte[] bytes) {
        throw SchemaBinding.needsTopic();
    }

    private static MillraceException failed(String what, IOException cause) {
        return new MillraceException(Fault.INVALID_REQUEST, what + ": " + cause.getMessage(), cause);
    }
}
