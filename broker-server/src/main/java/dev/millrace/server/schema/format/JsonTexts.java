package dev.millrace.server.schema.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.TreeSet;

/** Reads JSON with limits on what a text may cost: depth, numbers, names. */
public final class JsonTexts {
    private static final int NUMBER_CHARS_MAX = 400;
    private static final int NAME_CHARS_MAX = 10_000;
    /** No number beyond what doubles reach: with a larger exponent arithmetic takes time without bound. */
    private static final int SCALE_MAX = 400;

    private static final ObjectReader STRICT = mapper(SchemaParser.DEPTH_MAX)
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonTexts() {}

    private static ObjectMapper mapper(int depthMax) {
        return JsonMapper.builder(com.fasterxml.jackson.core.JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(depthMax)
                                .maxNumberLength(NUMBER_CHARS_MAX)
                                .maxNameLength(NAME_CHARS_MAX)
                                .build())
                        .build())
                .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS.mappedFeature())
                .build();
    }

    /** Fails: {@link UnusableSchemaException}, naming line and column. */
    public static JsonNode read(String text) {
        try {
            return checked(STRICT.readTree(text));
        } catch (JsonProcessingException e) {
            throw new UnusableSchemaException(problem(e), e);
        }
    }

    /** As {@link #read(String)}, of UTF-8. */
    public static JsonNode read(InputStream bytes) {
        return read(STRICT, bytes);
    }

    /** As {@link #read(InputStream)}, of nodes that a factory makes. */
    static JsonNode read(InputStream bytes, JsonNodeFactory nodes) {
        return read(STRICT.with(nodes), bytes);
    }

    private static JsonNode read(ObjectReader reader, InputStream bytes) {
        try {
            return checked(reader.readTree(bytes));
        } catch (JsonProcessingException e) {
            throw new UnusableSchemaException(problem(e), e);
        } catch (IOException e) {
            throw new UnusableSchemaException("it is not UTF-8: " + e.getMessage(), e);
        }
    }

    private static JsonNode checked(JsonNode node) {
        if (node == null || node.isMissingNode()) {
            throw new UnusableSchemaException("it is empty");
        }
        requireTameNumbers(node);
        return node;
    }

    private static void requireTameNumbers(JsonNode node) {
        if (node.isBigDecimal()) {
            BigDecimal value = node.decimalValue();
            if (Math.abs((long) value.scale()) > SCALE_MAX || value.precision() > NUMBER_CHARS_MAX) {
                throw new UnusableSchemaException("a number in it has an exponent beyond " + SCALE_MAX);
            }
        }
        for (JsonNode child : node) {
            requireTameNumbers(child);
        }
    }

    private static String problem(JsonProcessingException e) {
        String where = e.getLocation() == null
                ? ""
                : " at line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
        return "it is not JSON" + where + ": " + e.getOriginalMessage();
    }

    /** The node with its objects' members in the order of their names. */
    static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            ObjectNode sorted = NODES.objectNode();
            TreeSet<String> names = new TreeSet<>();
            node.fieldNames().forEachRemaining(names::add);
            names.forEach(name -> sorted.set(name, sorted(node.get(name))));
            return sorted;
        }
        if (node.isArray()) {
            ArrayNode sorted = NODES.arrayNode();
            node.forEach(item -> sorted.add(sorted(item)));
            return sorted;
        }
        return node;
    }
}
