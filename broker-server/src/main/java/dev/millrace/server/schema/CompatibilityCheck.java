package dev.millrace.server.schema;

import dev.millrace.server.schema.format.Mismatch;
import dev.millrace.server.schema.format.ParsedSchema;
import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Holds a new schema against the versions before it. */
final class CompatibilityCheck {
    /** A report longer than this helps nobody. */
    private static final int VIOLATIONS_MAX = 50;

    private final Compatibility level;
    private final Strictness strictness;
    private final Function<RegisteredSchema, ParsedSchema> parser;

    CompatibilityCheck(Compatibility level, Strictness strictness, Function<RegisteredSchema, ParsedSchema> parser) {
        this.level = level;
        this.strictness = strictness;
        this.parser = parser;
    }

    /**
     * What stands against the schema, the newest version first; empty where it may come next.
     *
     * @param versions in order, without deleted ones
     */
    List<Violation> violations(ParsedSchema schema, List<RegisteredSchema> versions) {
        List<Violation> found = new ArrayList<>();
        if (level == Compatibility.NONE || versions.isEmpty()) {
            return found;
        }
        int first = level.transitive() ? 0 : versions.size() - 1;
        for (int i = versions.size() - 1; i >= first && found.size() < VIOLATIONS_MAX; i--) {
            compare(schema, versions.get(i), found);
        }
        return found.size() > VIOLATIONS_MAX ? found.subList(0, VIOLATIONS_MAX) : found;
    }

    private void compare(ParsedSchema schema, RegisteredSchema version, List<Violation> found) {
        if (version.type() != schema.type()) {
            found.add(new Violation(
                    "/",
                    "SCHEMA_TYPE_CHANGED",
                    version.type().name(),
                    schema.type().name(),
                    version.version(),
                    level.backward() ? Compatibility.BACKWARD : Compatibility.FORWARD,
                    "keep the format " + version.type() + ", or register the schema under another subject"));
            return;
        }
        ParsedSchema older = parser.apply(version);
        if (level.backward()) {
            for (Mismatch mismatch : schema.mismatches(older, strictness)) {
                found.add(new Violation(
                        mismatch.path(),
                        mismatch.rule(),
                        mismatch.writer(),
                        mismatch.reader(),
                        version.version(),
                        Compatibility.BACKWARD,
                        mismatch.fixReader()));
            }
        }
        if (level.forward()) {
            for (Mismatch mismatch : older.mismatches(schema, strictness)) {
                if (mismatch.onlyForNewReaders()) {
                    continue;
                }
                found.add(new Violation(
                        mismatch.path(),
                        mismatch.rule(),
                        mismatch.reader(),
                        mismatch.writer(),
                        version.version(),
                        Compatibility.FORWARD,
                        mismatch.fixWriter()));
            }
        }
    }
}
