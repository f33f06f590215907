package dev.millrace.server.schema.format;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The formats of schemas, by the names that registries' clients use. */
public enum SchemaType {
    AVRO,
    JSON,
    PROTOBUF;

    public static Optional<SchemaType> of(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return Arrays.stream(values()).filter(type -> type.name().equals(upper)).findFirst();
    }
}
