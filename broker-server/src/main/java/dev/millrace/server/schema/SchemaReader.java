package dev.millrace.server.schema;

import dev.millrace.server.schema.format.ParsedSchema;
import dev.millrace.server.schema.format.SchemaParser;
import dev.millrace.server.schema.format.SchemaSource;
import dev.millrace.server.schema.format.SchemaType;
import dev.millrace.server.schema.format.UnusableSchemaException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;

/** Parses schemas with what they refer to, and remembers those parsed last. Thread: any. */
final class SchemaReader {
    private static final int PARSED_MAX = 1_000;
    /** Schemas that one schema refers to, by whatever many steps. */
    private static final int REACHED_MAX = 500;

    private final SchemaParser parser;
    private final SchemaLimits limits;
    /** Finds a version, deleted ones included; null where there is none. */
    private final BiFunction<SubjectName, Integer, RegisteredSchema> finder;

    /** By context, in which references are looked up, and guid. */
    private final Map<Key, ParsedSchema> parsed = new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, ParsedSchema> eldest) {
            return size() > PARSED_MAX;
        }
    };

    private record Key(String context, UUID guid) {}

    SchemaReader(SchemaLimits limits, BiFunction<SubjectName, Integer, RegisteredSchema> finder) {
        this.parser = new SchemaParser(limits.schemaCharsMax());
        this.limits = limits;
        this.finder = finder;
    }

    /** Fails: {@link SchemaRefusal} INVALID_SCHEMA or SCHEMA_TOO_LARGE. */
    ParsedSchema read(SubjectName subject, SchemaType type, String text, List<SchemaReference> references) {
        if (text.length() > limits.schemaCharsMax()) {
            throw new SchemaRefusal(
                    SchemaRefusal.SCHEMA_TOO_LARGE,
                    "The schema has " + text.length() + " characters; schemas.sizeMax allows " + limits.schemaCharsMax()
                            + ". Split it by references.");
        }
        if (references.size() > SchemaSubmission.REFERENCES_MAX) {
            throw invalid(
                    references.size() + " references; at most " + SchemaSubmission.REFERENCES_MAX + " are allowed");
        }
        try {
            return parser.parse(source(subject, type, text, references, new Reached()));
        } catch (UnusableSchemaException unusable) {
            throw invalid(unusable.getMessage());
        }
    }

    /** A version that was registered before. */
    ParsedSchema read(RegisteredSchema schema) {
        Key key = new Key(schema.subject().context(), schema.guid());
        synchronized (parsed) {
            ParsedSchema known = parsed.get(key);
            if (known != null) {
                return known;
            }
        }
        ParsedSchema fresh = read(schema.subject(), schema.type(), schema.text(), schema.references());
        synchronized (parsed) {
            parsed.put(key, fresh);
        }
        return fresh;
    }

    /** A version that others may have referred to is gone for good, and its number may be given again. */
    void forgetAll() {
        synchronized (parsed) {
            parsed.clear();
        }
    }

    /** Names a schema by what it is, so that the same one has the same id everywhere. */
    static UUID guid(ParsedSchema schema, List<SchemaReference> references) {
        String content = schema.type() + "\n" + schema.canonical() + "\n" + references;
        return UUID.nameUUIDFromBytes(content.getBytes(StandardCharsets.UTF_8));
    }

    private static final class Reached {
        private final Set<String> path = new HashSet<>();
        private int count;
    }

    private SchemaSource source(
            SubjectName subject, SchemaType type, String text, List<SchemaReference> references, Reached reached) {
        List<SchemaSource.Reference> found = new ArrayList<>();
        for (SchemaReference reference : references) {
            SubjectName name = SubjectName.of(reference.subject()).in(subject.context());
            RegisteredSchema target = finder.apply(name, reference.version());
            String place = name.text() + "/" + reference.version();
            if (target == null) {
                throw invalid("it refers to version " + reference.version() + " of \"" + name
                        + "\", which does not exist; register that first");
            }
            if (target.type() != type) {
                throw invalid(
                        "it is of type " + type + " and refers to \"" + name + "\", which is of type " + target.type());
            }
            if (!reached.path.add(place)) {
                throw invalid("its references lead in a circle, through " + place);
            }
            if (++reached.count > REACHED_MAX) {
                throw invalid("its references reach more than " + REACHED_MAX + " schemas");
            }
            found.add(new SchemaSource.Reference(
                    reference.name(), source(target.subject(), type, target.text(), target.references(), reached)));
            reached.path.remove(place);
        }
        return new SchemaSource(type, text, found);
    }

    static SchemaRefusal invalid(String why) {
        return new SchemaRefusal(SchemaRefusal.INVALID_SCHEMA, "Invalid schema: " + why);
    }
}
