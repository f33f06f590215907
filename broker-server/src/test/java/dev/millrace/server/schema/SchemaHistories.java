package dev.millrace.server.schema;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** Incompatible changes from the histories of public schemas: {@code schema-histories.yaml}. */
public final class SchemaHistories {
    private static final String FILE = "/schema-histories.yaml";

    private SchemaHistories() {}

    /**
     * One change, cut down to what breaks readers.
     *
     * @param source repository and schema
     * @param level the compatibility that forbids it: BACKWARD for new readers, FORWARD for old ones
     * @param rule and {@code path}: what the refusal must name
     */
    public record Change(
            String format,
            String source,
            String versions,
            String change,
            String level,
            String rule,
            String path,
            String older,
            String newer) {
        @Override
        public String toString() {
            return source + " " + versions + ": " + change;
        }
    }

    public static List<Change> load() {
        try (InputStream file = SchemaHistories.class.getResourceAsStream(FILE)) {
            return new ObjectMapper(new YAMLFactory()).readValue(file, new TypeReference<List<Change>>() {});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
