package dev.millrace.server.schema;

import dev.millrace.core.CheckBudget;
import dev.millrace.core.SchemaCheck;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.server.schema.format.SchemaType;
import dev.millrace.server.schema.format.ValueCheck;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Holds published records against the registry, for topics with {@code schema.validation}.
 *
 * <p>A value must name a registered schema. Where the subject {@code TOPIC-value} exists, it must be one of its versions;
 * where it does not, any schema will do, for those who name subjects otherwise. Records without a value pass. What was
 * decided about an id is remembered until the registry changes. Thread: any.
 */
public final class PublishCheck implements SchemaCheck {
    private static final byte[] HEADER = WireForm.HEADER.getBytes(StandardCharsets.UTF_8);
    private static final int REMEMBERED_MAX = 10_000;

    private final SchemaRegistry registry;
    /** A change brings a new map, so that what was decided before it cannot come in later. */
    private volatile Map<Asked, Verdict> verdicts = new ConcurrentHashMap<>();

    private final LongAdder refused = new LongAdder();

    private record Asked(String topic, WireForm.Named schema) {}

    /** @param problem null where the schema may be used */
    private record Verdict(String problem, SchemaType type, ValueCheck values) {
        static Verdict no(String problem) {
            return new Verdict(problem, null, null);
        }
    }

    public PublishCheck(SchemaRegistry registry) {
        this.registry = registry;
        registry.onChange(() -> verdicts = new ConcurrentHashMap<>());
    }

    /** Records that were refused. */
    public long refusedCount() {
        return refused.sum();
    }

    @Override
    public String problem(String topic, boolean full, RecordCursor record, CheckBudget budget) {
        ByteBuffer value = record.valueView();
        if (value == null) {
            return null;
        }
        String problem = problemWith(topic, full ? budget : null, record, value);
        if (problem != null) {
            refused.increment();
        }
        return problem;
    }

    /** @param budget null where the value need not fit */
    private String problemWith(String topic, CheckBudget budget, RecordCursor record, ByteBuffer value) {
        ByteBuffer header = header(record);
        ByteBuffer prefix = header == null ? value : header;
        WireForm.Named named = WireForm.read(prefix);
        if (named == null) {
            return header == null
                    ? "names no schema: it has no header " + WireForm.HEADER
                            + " and its value does not begin with 0x00 and an id, or 0x01 and a guid"
                    : "has a header " + WireForm.HEADER + " of " + header.remaining()
                            + " bytes that is neither 0x00 and an id of 4 bytes, nor 0x01 and a guid of 16 bytes";
        }
        Verdict verdict = verdict(new Asked(topic, named));
        if (verdict.problem != null || budget == null) {
            return verdict.problem;
        }
        int[] messages = {};
        if (verdict.type == SchemaType.PROTOBUF && prefix.hasRemaining()) {
            messages = WireForm.readMessages(prefix);
            if (messages == null) {
                return "has malformed indexes of its message after the schema's id";
            }
        }
        budget.addRecord(value.remaining());
        String problem = verdict.values.problem(value.slice(), messages, budget);
        if (problem == null) {
            return null;
        }
        return (budget.exceeded() ? "cannot be held against the schema " : "does not fit the schema ") + text(named)
                + ": " + problem;
    }

    private static ByteBuffer header(RecordCursor record) {
        while (record.nextHeader()) {
            if (record.headerIs(HEADER)) {
                byte[] bytes = record.headerValue();
                return ByteBuffer.wrap(bytes == null ? new byte[0] : bytes);
            }
        }
        return null;
    }

    private Verdict verdict(Asked asked) {
        Map<Asked, Verdict> current = verdicts;
        Verdict known = current.get(asked);
        if (known != null) {
            return known;
        }
        Verdict fresh = decide(asked);
        // Ids that nobody registered must not fill the memory.
        if (fresh.problem == null && current.size() < REMEMBERED_MAX) {
            current.put(asked, fresh);
        }
        return fresh;
    }

    private Verdict decide(Asked asked) {
        String schema = text(asked.schema);
        List<RegisteredSchema> found;
        try {
            found = asked.schema.guid() == null
                    ? registry.withId(SubjectName.DEFAULT_CONTEXT, asked.schema.id())
                    : registry.withGuid(asked.schema.guid());
        } catch (SchemaRefusal unknown) {
            return Verdict.no("names the schema " + schema + ", which is not registered");
        }
        SubjectName subject = new SubjectName(SubjectName.DEFAULT_CONTEXT, asked.topic + "-value");
        List<RegisteredSchema> own = registry.versions(subject, false);
        boolean fits = own.isEmpty()
                ? found.stream().anyMatch(version -> !version.deleted())
                : found.stream().anyMatch(own::contains);
        if (!fits) {
            return Verdict.no(
                    own.isEmpty()
                            ? "names the schema " + schema + ", which was deleted"
                            : "names the schema " + schema + ", which is not registered under the subject \"" + subject
                                    + "\" (ids "
                                    + own.stream()
                                            .map(RegisteredSchema::id)
                                            .distinct()
                                            .sorted()
                                            .limit(20)
                                            .toList()
                                    + ") but under "
                                    + found.stream()
                                            .map(version -> "\"" + version.subject() + "\"")
                                            .distinct()
                                            .limit(5)
                                            .toList());
        }
        RegisteredSchema version = found.get(0);
        try {
            return new Verdict(null, version.type(), registry.parsed(version).values());
        } catch (SchemaRefusal unusable) {
            return Verdict.no(
                    "names the schema " + schema + ", which cannot be used any more: " + unusable.getMessage());
        }
    }

    private static String text(WireForm.Named named) {
        return named.guid() == null ? "id " + named.id() : "guid " + named.guid();
    }
}
