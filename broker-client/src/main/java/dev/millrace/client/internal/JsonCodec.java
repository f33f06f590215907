package dev.millrace.client.internal;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.millrace.client.Codec;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import java.io.IOException;

/** JSON by Jackson; the class that is loaded only when somebody asks for it. */
public final class JsonCodec<T> implements Codec<T> {
    private final Class<T> type;
    private final ObjectReader reader;
    private final ObjectWriter writer;

    private JsonCodec(Class<T> type, ObjectMapper mapper) {
        this.type = type;
        this.reader = mapper.readerFor(type);
        this.writer = mapper.writerFor(type);
    }

    /** Fails: {@link LinkageError} where Jackson is missing. */
    public static <T> Codec<T> of(Class<T> type) {
        ObjectMapper mapper = JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .findAndAddModules()
                .build();
        return new JsonCodec<>(type, mapper);
    }

    @Override
    public byte[] encode(T object) {
        try {
            return writer.writeValueAsBytes(object);
        } catch (IOException e) {
            throw failed("an object of " + object.getClass().getName() + " does not turn into JSON", e);
        }
    }

    @Override
    public T decode(byte[] bytes) {
        try {
            return reader.readValue(bytes);
        } catch (IOException e) {
            throw failed("the JSON does not fit " + type.getName(), e);
        }
    }

    private static MillraceException failed(String what, IOException cause) {
        return new MillraceException(Fault.INVALID_REQUEST, what + ": " + cause.getMessage(), cause);
    }
}
