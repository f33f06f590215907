package dev.millrace.server.schema;

import dev.millrace.core.Broker;
import dev.millrace.core.time.TimeSource;
import dev.millrace.core.wire.AuditNote;
import dev.millrace.server.schema.format.ParsedSchema;
import dev.millrace.server.schema.format.ParsedSchema.Strictness;
import dev.millrace.server.schema.format.UnusableSchemaException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Subjects with their versions. The log is the truth; what it says is kept in memory, from which all questions are
 * answered. Changes are made one after the other, and are visible when they are durable.
 *
 * <p>Thread: any; changes wait for the disk. Fails: {@link SchemaRefusal}.
 */
public final class SchemaRegistry {
    private final RegistryLog log;
    private final SchemaLimits limits;
    private final Compatibility defaultCompatibility;
    private final SchemaReader reader;
    private final RegistryState state = new RegistryState();
    /** Held only while the state is looked at or changed, never while the disk is waited for. */
    private final ReentrantReadWriteLock stateLock = new ReentrantReadWriteLock();
    /** Held by whoever makes a change, from its checks until it is applied. */
    private final Object changing = new Object();

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final LongAdder incompatible = new LongAdder();

    /** What {@link #register} has done. */
    public record Registered(RegisteredSchema schema, boolean created) {}

    private SchemaRegistry(RegistryLog log, SchemaLimits limits, Compatibility defaultCompatibility) {
        this.log = log;
        this.limits = limits;
        this.defaultCompatibility = defaultCompatibility;
        this.reader = new SchemaReader(limits, this::findAny);
    }

    /**
     * Reads the log; on return the registry answers. Fails: {@link IllegalStateException} for a log that this version
     * cannot read.
     */
    public static SchemaRegistry open(
            Broker broker, SchemaLimits limits, Compatibility defaultCompatibility, TimeSource time) {
        SchemaRegistry registry = new SchemaRegistry(new RegistryLog(broker, time), limits, defaultCompatibility);
        registry.log.replay(registry.state::apply);
        return registry;
    }

    /** Calls after each change; the call must return at once. */
    void onChange(Runnable listener) {
        listeners.add(listener);
    }

    // ---- registering

    public Registered register(SubjectName subject, SchemaSubmission submission, boolean normalize) {
        synchronized (changing) {
            RegistryMode mode = mode(subject);
            requireWritable(subject, mode);
            boolean importing = mode == RegistryMode.IMPORT;
            if (!importing && (submission.id() > 0 || submission.version() > 0)) {
                throw new SchemaRefusal(
                        SchemaRefusal.OPERATION_NOT_PERMITTED,
                        "Subject " + subject + " is not in import mode, so neither id nor version can be chosen");
            }
            ParsedSchema parsed = parse(subject, submission);
            RegisteredSchema same = findSame(subject, submission, parsed, normalize || normalizes(subject));
            if (same != null) {
                requireId(submission, same);
                return new Registered(same, false);
            }
            requireRoom(subject, submission.text());
            if (!importing) {
                requireCompatible(subject, parsed);
            }
            RegisteredSchema schema = numbered(subject, submission, parsed);
            change(new RegistryEntry.Version(schema));
            return new Registered(schema, true);
        }
    }

    private static void requireId(SchemaSubmission submission, RegisteredSchema same) {
        if (submission.id() > 0 && submission.id() != same.id()) {
            throw new SchemaRefusal(
                    SchemaRefusal.ID_DOES_NOT_MATCH,
                    "The schema is registered as version " + same.version() + " with id " + same.id() + ", not "
                            + submission.id());
        }
    }

    private RegisteredSchema numbered(SubjectName subject, SchemaSubmission submission, ParsedSchema parsed) {
        UUID guid = SchemaReader.guid(parsed, submission.references());
        return reading(() -> {
            int last = state.versions(subject).stream()
                    .mapToInt(RegisteredSchema::version)
                    .max()
                    .orElse(0);
            int version = submission.version() > 0 ? submission.version() : last + 1;
            if (state.versions(subject).stream().anyMatch(schema -> schema.version() == version)) {
                throw new SchemaRefusal(
                        SchemaRefusal.INVALID_VERSION,
                        "Subject '" + subject + "' has version " + version + " already, with another schema");
            }
            return new RegisteredSchema(
                    subject,
                    version,
                    id(subject.context(), submission.id(), guid),
                    guid,
                    parsed.type(),
                    submission.text(),
                    submission.references(),
                    false);
        });
    }

    private int id(String context, int wanted, UUID guid) {
        if (wanted > 0) {
            boolean taken = state.withId(context, wanted).stream()
                    .anyMatch(schema -> !schema.guid().equals(guid));
            if (taken) {
                throw new SchemaRefusal(
                        SchemaRefusal.OPERATION_NOT_PERMITTED,
                        "Overwrite new schema with id " + wanted + " is not permitted: the id has another schema");
            }
            return wanted;
        }
        return state.withGuid(guid).stream()
                .filter(schema -> schema.subject().context().equals(context))
                .mapToInt(RegisteredSchema::id)
                .findFirst()
                .orElseGet(() -> state.lastId(context) + 1);
    }

    private void requireRoom(SubjectName subject, String text) {
        reading(() -> {
            int versions = state.versions(subject).size();
            if (versions >= limits.versionsMax()) {
                throw new SchemaRefusal(
                        SchemaRefusal.LIMIT_REACHED,
                        "Subject '" + subject + "' has " + versions + " versions and schemas.versionsMax is "
                                + limits.versionsMax()
                                + ". Delete old versions with permanent=true, or raise the limit.");
            }
            if (versions == 0 && state.subjectCount() >= limits.subjectsMax()) {
                throw new SchemaRefusal(
                        SchemaRefusal.LIMIT_REACHED,
                        "There are " + state.subjectCount() + " subjects and schemas.subjectsMax is "
                                + limits.subjectsMax() + ". Delete what is unused, or raise the limit.");
            }
            if (state.textChars() + text.length() > limits.textCharsTotalMax()) {
                throw new SchemaRefusal(
                        SchemaRefusal.LIMIT_REACHED,
                        "All schemas together have " + state.textChars() + " characters and schemas.memory is "
                                + limits.textCharsTotalMax() + ". Delete what is unused, or raise the limit.");
            }
            return null;
        });
    }

    private void requireCompatible(SubjectName subject, ParsedSchema parsed) {
        SubjectSettings settings = settings(subject);
        List<Violation> violations = violations(parsed, settings, live(subject));
        if (!violations.isEmpty()) {
            incompatible.increment();
            throw new SchemaRefusal(
                    SchemaRefusal.INCOMPATIBLE,
                    "Schema being registered is incompatible with an earlier schema for subject \"" + subject
                            + "\", details: " + texts(violations) + ", {compatibility: '" + settings.compatibility()
                            + "'}",
                    violations);
        }
    }

    private static String texts(List<Violation> violations) {
        return violations.stream().map(Violation::text).toList().toString();
    }

    private List<Violation> violations(ParsedSchema parsed, SubjectSettings settings, List<RegisteredSchema> versions) {
        try {
            return new CompatibilityCheck(settings.compatibility(), settings.policy(), reader::read)
                    .violations(parsed, versions);
        } catch (UnusableSchemaException tooComplex) {
            throw SchemaReader.invalid(tooComplex.getMessage());
        } catch (StackOverflowError deep) { // where two that refer to themselves meet, no depth of a text bounds it
            throw SchemaReader.invalid("it refers to itself too deeply to be compared");
        }
    }

    // ---- asking

    /** What stands against a schema as the next version: of the subject, or compared with one version alone. */
    public List<Violation> check(SubjectName subject, SchemaSubmission submission, String version) {
        ParsedSchema parsed = parse(subject, submission);
        SubjectSettings settings = settings(subject);
        if (version == null) {
            return violations(parsed, settings, live(subject));
        }
        if (live(subject).isEmpty()) {
            if (version.equals("latest")) {
                return List.of();
            }
            throw subjectNotFound(subject);
        }
        return violations(parsed, settings, List.of(version(subject, version, false)));
    }

    /** What would stand against a schema after one version, under a compatibility of one's own choice. */
    public List<Violation> compare(
            SubjectName subject, SchemaSubmission submission, String version, Compatibility compatibility) {
        SubjectSettings settings = settings(subject).with(new SubjectSettings(compatibility, null, null));
        return violations(parse(subject, submission), settings, List.of(version(subject, version, true)));
    }

    /** The version of a subject that is this schema. */
    public RegisteredSchema lookup(
            SubjectName subject, SchemaSubmission submission, boolean normalize, boolean deleted) {
        if (versions(subject, deleted).isEmpty()) {
            throw subjectNotFound(subject);
        }
        ParsedSchema parsed = parse(subject, submission);
        RegisteredSchema found = findSame(subject, submission, parsed, normalize || normalizes(subject));
        if (found == null && deleted) {
            UUID guid = SchemaReader.guid(parsed, submission.references());
            found = last(reading(() -> state.versions(subject).stream()
                    .filter(schema -> schema.guid().equals(guid))
                    .toList()));
        }
        if (found == null) {
            throw new SchemaRefusal(SchemaRefusal.SCHEMA_NOT_FOUND, "Schema not found");
        }
        return found;
    }

    private RegisteredSchema findSame(
            SubjectName subject, SchemaSubmission submission, ParsedSchema parsed, boolean normalize) {
        UUID guid = SchemaReader.guid(parsed, submission.references());
        List<RegisteredSchema> live = live(subject);
        for (int i = live.size() - 1; i >= 0; i--) {
            RegisteredSchema candidate = live.get(i);
            if (candidate.guid().equals(guid)) {
                return candidate;
            }
        }
        if (normalize) {
            for (RegisteredSchema candidate : live) {
                if (candidate.type() == parsed.type()
                        && candidate.references().equals(submission.references())
                        && reader.read(candidate).normalized().equals(parsed.normalized())) {
                    return candidate;
                }
            }
        }
        return null;
    }

    /** Understands a schema without registering it. */
    public ParsedSchema parse(SubjectName subject, SchemaSubmission submission) {
        return reader.read(subject, submission.type(), submission.text(), submission.references());
    }

    ParsedSchema parsed(RegisteredSchema schema) {
        return reader.read(schema);
    }

    /** In order; fails where there is none. */
    public List<RegisteredSchema> requireVersions(SubjectName subject, boolean deleted) {
        List<RegisteredSchema> versions = versions(subject, deleted);
        if (versions.isEmpty()) {
            throw subjectNotFound(subject);
        }
        return versions;
    }

    List<RegisteredSchema> versions(SubjectName subject, boolean deleted) {
        return reading(() -> state.versions(subject).stream()
                .filter(schema -> deleted || !schema.deleted())
                .toList());
    }

    private List<RegisteredSchema> live(SubjectName subject) {
        return versions(subject, false);
    }

    /** @param text a number, "latest" or -1 */
    public RegisteredSchema version(SubjectName subject, String text, boolean deleted) {
        List<RegisteredSchema> versions = requireVersions(subject, deleted);
        if (text.equals("latest") || text.equals("-1")) {
            return last(versions);
        }
        int wanted = versionNumber(text);
        return versions.stream()
                .filter(schema -> schema.version() == wanted)
                .findFirst()
                .orElseThrow(() -> new SchemaRefusal(
                        SchemaRefusal.VERSION_NOT_FOUND,
                        "Version " + wanted + " not found. There are "
                                + versions.stream()
                                        .map(RegisteredSchema::version)
                                        .toList() + "."));
    }

    private static int versionNumber(String text) {
        try {
            int version = Integer.parseInt(text);
            if (version > 0) {
                return version;
            }
        } catch (NumberFormatException notANumber) {
            // Answered below.
        }
        throw new SchemaRefusal(
                SchemaRefusal.INVALID_VERSION,
                "The specified version '" + (text.length() > 40 ? text.substring(0, 40) + "..." : text)
                        + "' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");
    }

    private RegisteredSchema findAny(SubjectName subject, int version) {
        List<RegisteredSchema> versions = versions(subject, true);
        return version == -1
                ? last(live(subject))
                : versions.stream()
                        .filter(schema -> schema.version() == version)
                        .findFirst()
                        .orElse(null);
    }

    private static RegisteredSchema last(List<RegisteredSchema> versions) {
        return versions.isEmpty() ? null : versions.get(versions.size() - 1);
    }

    /** The versions with an id, deleted ones included; fails where there is none. */
    public List<RegisteredSchema> withId(String context, int id) {
        List<RegisteredSchema> found = reading(() -> List.copyOf(state.withId(context, id)));
        if (found.isEmpty()) {
            throw new SchemaRefusal(SchemaRefusal.SCHEMA_NOT_FOUND, "Schema " + id + " not found");
        }
        return found;
    }

    public List<RegisteredSchema> withGuid(UUID guid) {
        List<RegisteredSchema> found = reading(() -> List.copyOf(state.withGuid(guid)));
        if (found.isEmpty()) {
            throw new SchemaRefusal(SchemaRefusal.SCHEMA_NOT_FOUND, "Schema " + guid + " not found");
        }
        return found;
    }

    public int lastId(String context) {
        return reading(() -> state.lastId(context));
    }

    /** Those that refer to a version. */
    public List<RegisteredSchema> referencing(SubjectName subject, int version) {
        return all(schema -> !schema.deleted()
                && schema.references().stream()
                        .anyMatch(reference -> reference.version() == version
                                && SubjectName.parse(reference.subject())
                                        .in(schema.subject().context())
                                        .equals(subject)));
    }

    /** All versions that a filter lets pass, by subject and version. */
    public List<RegisteredSchema> all(Function<RegisteredSchema, Boolean> filter) {
        return reading(() -> state.all().stream().filter(filter::apply).toList());
    }

    /** The subjects with a version that a filter lets pass, in order. */
    public List<SubjectName> subjects(Function<RegisteredSchema, Boolean> filter) {
        return reading(() -> state.subjects().stream()
                .filter(subject -> state.versions(subject).stream().anyMatch(filter::apply))
                .toList());
    }

    public Collection<String> contexts() {
        return reading(state::contexts);
    }

    // ---- deleting

    /** Returns the versions that are gone. */
    public List<Integer> deleteSubject(SubjectName subject, boolean permanent) {
        synchronized (changing) {
            requireWritable(subject, mode(subject));
            List<RegisteredSchema> versions = requireVersions(subject, true);
            List<RegisteredSchema> live = live(subject);
            if (permanent && !live.isEmpty()) {
                throw new SchemaRefusal(
                        SchemaRefusal.SUBJECT_NOT_SOFT_DELETED,
                        "Subject '" + subject + "' was not deleted first before being permanently deleted");
            }
            if (!permanent && live.isEmpty()) {
                throw new SchemaRefusal(
                        SchemaRefusal.SUBJECT_SOFT_DELETED,
                        "Subject '" + subject + "' was soft deleted. Set permanent=true to delete permanently");
            }
            List<List<RegistryEntry>> entries = new ArrayList<>();
            for (RegisteredSchema schema : permanent ? versions : live) {
                requireUnreferenced(schema);
                entries.add(new ArrayList<>(List.of(gone(schema, permanent))));
            }
            // With the last version: as long as there is one, what the subject is set to holds and the request can be
            // made again.
            List<RegistryEntry> last = entries.get(entries.size() - 1);
            if (ownSettings(subject) != null) {
                last.add(new RegistryEntry.Settings(subject, null));
            }
            if (ownMode(subject) != null) {
                last.add(new RegistryEntry.Mode(subject, null));
            }
            changeInParts(entries);
            return (permanent ? versions : live)
                    .stream().map(RegisteredSchema::version).toList();
        }
    }

    /** Returns the number of the version that is gone. */
    public int deleteVersion(SubjectName subject, String text, boolean permanent) {
        synchronized (changing) {
            requireWritable(subject, mode(subject));
            RegisteredSchema schema = version(subject, text, true);
            if (permanent && !schema.deleted()) {
                throw new SchemaRefusal(
                        SchemaRefusal.VERSION_NOT_SOFT_DELETED,
                        "Subject '" + subject + "' Version " + schema.version()
                                + " was not deleted first before being permanently deleted");
            }
            if (!permanent && schema.deleted()) {
                throw new SchemaRefusal(
                        SchemaRefusal.VERSION_SOFT_DELETED,
                        "Subject '" + subject + "' Version " + schema.version()
                                + " was soft deleted. Set permanent=true to delete permanently");
            }
            requireUnreferenced(schema);
            change(gone(schema, permanent));
            return schema.version();
        }
    }

    private static RegistryEntry gone(RegisteredSchema schema, boolean permanent) {
        return permanent
                ? new RegistryEntry.VersionGone(schema.subject(), schema.version())
                : new RegistryEntry.Version(schema.softDeleted());
    }

    private void requireUnreferenced(RegisteredSchema schema) {
        List<RegisteredSchema> users = referencing(schema.subject(), schema.version());
        if (!users.isEmpty()) {
            throw new SchemaRefusal(
                    SchemaRefusal.REFERENCE_EXISTS,
                    "One or more references exist to the schema {subject=" + schema.subject() + ",version="
                            + schema.version() + "}: "
                            + users.stream()
                                    .limit(10)
                                    .map(user -> user.subject() + " version " + user.version())
                                    .toList()
                            + ". Delete those first.");
        }
    }

    // ---- settings

    /** What holds for a subject, a context or all: its own settings over those that stand above it. */
    public SubjectSettings settings(SubjectName subject) {
        return reading(() -> {
            SubjectSettings result = new SubjectSettings(defaultCompatibility, Strictness.STRICT, false);
            for (SubjectName level : List.of(SubjectName.GLOBAL, subject.wholeContext(), subject)) {
                SubjectSettings own = state.settingsOf(level);
                result = own == null ? result : result.with(own);
            }
            return result;
        });
    }

    /** Its own alone, or null. */
    public SubjectSettings ownSettings(SubjectName subject) {
        return reading(() -> state.settingsOf(subject));
    }

    private boolean normalizes(SubjectName subject) {
        return settings(subject).normalize();
    }

    public void set(SubjectName subject, SubjectSettings changes) {
        synchronized (changing) {
            requireWritable(subject, mode(subject));
            SubjectSettings own = ownSettings(subject);
            SubjectSettings merged = (own == null ? SubjectSettings.NONE : own).with(changes);
            if (!merged.equals(own)) {
                change(new RegistryEntry.Settings(subject, merged));
            }
        }
    }

    /** Goes back to what stands above; returns what held until now. */
    public SubjectSettings unset(SubjectName subject) {
        synchronized (changing) {
            requireWritable(subject, mode(subject));
            SubjectSettings own = ownSettings(subject);
            if (own == null && !subject.equals(SubjectName.GLOBAL)) {
                throw new SchemaRefusal(
                        SchemaRefusal.SUBJECT_CONFIG_NOT_FOUND,
                        "Subject '" + subject + "' does not have subject-level compatibility configured");
            }
            SubjectSettings before = settings(subject);
            if (own != null) {
                change(new RegistryEntry.Settings(subject, null));
            }
            return before;
        }
    }

    /** What holds for a subject: its own mode, else that of its context or of all. */
    public RegistryMode mode(SubjectName subject) {
        return reading(() -> {
            RegistryMode global = state.modeOf(SubjectName.GLOBAL);
            if (global == RegistryMode.READONLY_OVERRIDE) {
                return global;
            }
            for (SubjectName level : List.of(subject, subject.wholeContext())) {
                RegistryMode own = state.modeOf(level);
                if (own != null) {
                    return own;
                }
            }
            return global == null ? RegistryMode.READWRITE : global;
        });
    }

    /** Its own alone, or null. */
    public RegistryMode ownMode(SubjectName subject) {
        return reading(() -> state.modeOf(subject));
    }

    /** @param force allows mode IMPORT although there are schemas already */
    public void setMode(SubjectName subject, RegistryMode mode, boolean force) {
        synchronized (changing) {
            if (mode == RegistryMode.IMPORT && !force) {
                boolean filled = subject.name().isEmpty()
                        ? !subjects(schema -> schema.subject().context().equals(subject.context()))
                                .isEmpty()
                        : !versions(subject, true).isEmpty();
                if (filled) {
                    throw new SchemaRefusal(
                            SchemaRefusal.OPERATION_NOT_PERMITTED,
                            "Cannot import since found existing subjects; add force=true to do it nevertheless");
                }
            }
            if (mode != ownMode(subject)) {
                change(new RegistryEntry.Mode(subject, mode));
            }
        }
    }

    /** Returns the mode that held until now. */
    public RegistryMode unsetMode(SubjectName subject) {
        synchronized (changing) {
            RegistryMode own = ownMode(subject);
            if (own == null) {
                throw new SchemaRefusal(
                        SchemaRefusal.SUBJECT_MODE_NOT_FOUND,
                        "Subject '" + subject + "' does not have subject-level mode configured");
            }
            change(new RegistryEntry.Mode(subject, null));
            return own;
        }
    }

    private static void requireWritable(SubjectName subject, RegistryMode mode) {
        if (mode == RegistryMode.READONLY || mode == RegistryMode.READONLY_OVERRIDE) {
            throw new SchemaRefusal(
                    SchemaRefusal.OPERATION_NOT_PERMITTED,
                    "Subject " + subject + " is in read-only mode; set its mode to READWRITE first");
        }
    }

    // ---- numbers

    public int subjectCount() {
        return reading(state::subjectCount);
    }

    public int versionCount() {
        return reading(state::versionCount);
    }

    /** Schemas that were refused because they were incompatible. */
    public long incompatibleCount() {
        return incompatible.sum();
    }

    // ---- the log

    private void change(RegistryEntry entry) {
        changeTogether(List.of(entry));
    }

    /**
     * One commit, or several where the entries are too many for one: what is in an earlier part stays.
     *
     * @param entries those of an inner list are never parted
     */
    private void changeInParts(List<List<RegistryEntry>> entries) {
        int done = 0;
        for (List<RegistryEntry> part : RegistryLog.parts(entries, this::noteBytes)) {
            try {
                changeTogether(part);
            } catch (SchemaRefusal failed) {
                throw done == 0
                        ? failed
                        : new SchemaRefusal(
                                failed.code(),
                                failed.getMessage() + " " + done + " of the "
                                        + entries.stream().mapToInt(List::size).sum()
                                        + " changes of the request are made; ask again for the rest.");
            }
            done += part.size();
        }
    }

    private int noteBytes(RegistryEntry entry) {
        return reading(() -> note(entry)).sizeBytes();
    }

    /** Under the lock for reading. */
    private AuditNote note(RegistryEntry entry) {
        return RegistryAudit.note(entry, state.previous(entry));
    }

    private void changeTogether(List<RegistryEntry> entries) {
        log.append(entries, reading(() -> entries.stream().map(this::note).toList()));
        stateLock.writeLock().lock();
        try {
            entries.forEach(state::apply);
        } finally {
            stateLock.writeLock().unlock();
        }
        if (entries.stream().anyMatch(RegistryEntry.VersionGone.class::isInstance)) {
            reader.forgetAll();
        }
        listeners.forEach(Runnable::run);
    }

    private <T> T reading(Supplier<T> question) {
        stateLock.readLock().lock();
        try {
            return question.get();
        } finally {
            stateLock.readLock().unlock();
        }
    }

    static SchemaRefusal subjectNotFound(SubjectName subject) {
        return new SchemaRefusal(SchemaRefusal.SUBJECT_NOT_FOUND, "Subject '" + subject + "' not found.");
    }
}
