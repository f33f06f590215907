package dev.millrace.core.topic;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.time.Units;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A topic's own settings, as their text and as numbers; what is not set follows the broker's defaults.
 *
 * <table>
 * <caption>Settings</caption>
 * <tr><td>{@code retention}</td><td>how long records are kept after their append: 1s to 10000d, or unlimited</td></tr>
 * <tr><td>{@code retentionBytes}</td><td>how much each partition keeps: at least 1KiB, or unlimited</td></tr>
 * <tr><td>{@code messageSize}</td><td>the largest record accepted: at least 1KiB; the broker's limit holds as well</td></tr>
 * <tr><td>{@code stream.index}</td><td>none, key, or key+tags: whether each key is an event stream; chosen for good
 * when the topic is created</td></tr>
 * <tr><td>{@code stream.idWindow}</td><td>how long event ids are remembered: 1m to 90d</td></tr>
 * <tr><td>{@code publish.idWindow}</td><td>a record whose header {@code $id} was published to its partition within this
 * time is not appended again: 1m to 30d; unset: ids are not looked at. Not with {@code stream.index}</td></tr>
 * <tr><td>{@code schema.validation}</td><td>off, id (each value names a registered schema) or full (and fits it)</td></tr>
 * </table>
 */
public final class TopicSettings {
    public static final String RETENTION = "retention";
    public static final String RETENTION_BYTES = "retentionBytes";
    public static final String MESSAGE_SIZE = "messageSize";
    public static final String STREAM_INDEX = "stream.index";
    public static final String STREAM_ID_WINDOW = "stream.idWindow";
    public static final String ID_WINDOW = "publish.idWindow";
    public static final String SCHEMA_VALIDATION = "schema.validation";
    /** Stands for "the broker's default" in the numeric accessors. */
    public static final long UNSET = -2;

    private static final long DAY_MS = 86_400_000L;
    private static final String INDEX_NONE = "none";
    private static final String INDEX_KEY = "key";
    private static final String INDEX_KEY_AND_TAGS = "key+tags";
    private static final String ID_WINDOW_DEFAULT = "7d";

    private static final String SCHEMA_OFF = "off";
    private static final String SCHEMA_ID = "id";
    private static final String SCHEMA_FULL = "full";

    private final SortedMap<String, String> texts;
    private final long retentionMs;
    private final long retentionBytes;
    private final long messageBytesMax;
    private final boolean indexed;
    private final boolean indexesTags;
    private final long idWindowMs;
    private final long publishIdWindowMs;
    private final String schemaValidation;

    private TopicSettings(SortedMap<String, String> texts) {
        this.texts = texts;
        this.retentionMs = texts.containsKey(RETENTION) ? Units.parseDurationMs(texts.get(RETENTION)) : UNSET;
        this.retentionBytes = texts.containsKey(RETENTION_BYTES) ? Units.parseBytes(texts.get(RETENTION_BYTES)) : UNSET;
        this.publishIdWindowMs = texts.containsKey(ID_WINDOW) ? Units.parseDurationMs(texts.get(ID_WINDOW)) : UNSET;
        this.messageBytesMax = texts.containsKey(MESSAGE_SIZE) ? Units.parseBytes(texts.get(MESSAGE_SIZE)) : UNSET;
        this.schemaValidation = texts.getOrDefault(SCHEMA_VALIDATION, SCHEMA_OFF);
        String index = texts.getOrDefault(STREAM_INDEX, INDEX_NONE);
        this.indexed = !index.equals(INDEX_NONE);
        this.indexesTags = index.equals(INDEX_KEY_AND_TAGS);
        this.idWindowMs = Units.parseDurationMs(texts.getOrDefault(STREAM_ID_WINDOW, ID_WINDOW_DEFAULT));
    }

    /** Settings that {@link #problemIn} has found nothing wrong with; a null value stands for "unset". */
    public static TopicSettings of(Map<String, String> texts) {
        return new TopicSettings(new TreeMap<>()).with(texts);
    }

    /** The first problem in the settings, if any; null values stand for "unset" and are fine for known names. */
    public static Optional<Refusal> problemIn(Map<String, String> texts) {
        for (Map.Entry<String, String> setting : new TreeMap<>(texts).entrySet()) {
            String problem = problem(setting.getKey(), setting.getValue());
            if (problem != null) {
                return Optional.of(Refusal.of(
                        Fault.INVALID_SETTING, "setting %s=%s: %s", setting.getKey(), setting.getValue(), problem));
            }
        }
        if (texts.get(ID_WINDOW) != null && new TopicSettings(set(texts)).indexed) {
            return Optional.of(Refusal.of(
                    Fault.INVALID_SETTING,
                    "setting %s=%s: a topic with %s recognises its events by %s",
                    ID_WINDOW,
                    texts.get(ID_WINDOW),
                    STREAM_INDEX,
                    STREAM_ID_WINDOW));
        }
        return Optional.empty();
    }

    private static SortedMap<String, String> set(Map<String, String> texts) {
        SortedMap<String, String> set = new TreeMap<>(texts);
        set.values().removeIf(java.util.Objects::isNull);
        return set;
    }

    private static String problem(String name, String value) {
        return switch (name) {
            case RETENTION -> value == null ? null : durationProblem(value);
            case ID_WINDOW -> value == null ? null : windowProblem(value);
            case RETENTION_BYTES -> value == null ? null : bytesProblem(value, true);
            case MESSAGE_SIZE -> value == null ? null : bytesProblem(value, false);
            case STREAM_INDEX -> value == null ? null : indexProblem(value);
            case STREAM_ID_WINDOW -> value == null ? null : idWindowProblem(value);
            case SCHEMA_VALIDATION -> value == null ? null : schemaProblem(value);
            default ->
                "no such setting; known are " + RETENTION + ", " + RETENTION_BYTES + ", " + MESSAGE_SIZE + ", "
                        + STREAM_INDEX + ", " + STREAM_ID_WINDOW + ", " + ID_WINDOW + ", " + SCHEMA_VALIDATION;
        };
    }

    private static String indexProblem(String value) {
        boolean known = value.equals(INDEX_NONE) || value.equals(INDEX_KEY) || value.equals(INDEX_KEY_AND_TAGS);
        return known ? null : "must be " + INDEX_NONE + ", " + INDEX_KEY + " or " + INDEX_KEY_AND_TAGS;
    }

    private static String schemaProblem(String value) {
        boolean known = value.equals(SCHEMA_OFF) || value.equals(SCHEMA_ID) || value.equals(SCHEMA_FULL);
        return known ? null : "must be " + SCHEMA_OFF + ", " + SCHEMA_ID + " or " + SCHEMA_FULL;
    }

    private static String idWindowProblem(String value) {
        try {
            long ms = Units.parseDurationMs(value);
            return ms >= 60_000 && ms <= 90 * DAY_MS ? null : "must be from 1m to 90d";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    private static String durationProblem(String value) {
        try {
            long ms = Units.parseDurationMs(value);
            boolean fine = ms == Units.UNLIMITED || (ms >= 1000 && ms <= 10_000 * DAY_MS);
            return fine ? null : "must be from 1s to 10000d, or unlimited";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    private static String windowProblem(String value) {
        try {
            long ms = Units.parseDurationMs(value);
            return ms >= 60_000 && ms <= 30 * DAY_MS ? null : "must be from 1m to 30d";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    private static String bytesProblem(String value, boolean unlimitedAllowed) {
        try {
            long bytes = Units.parseBytes(value);
            boolean fine = bytes == Units.UNLIMITED ? unlimitedAllowed : bytes >= 1024;
            return fine ? null : "must be at least 1KiB" + (unlimitedAllowed ? ", or unlimited" : "");
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    /** These settings with changes on top; a null value unsets. */
    public TopicSettings with(Map<String, String> changes) {
        SortedMap<String, String> merged = new TreeMap<>(texts);
        changes.forEach((name, value) -> {
            if (value == null) {
                merged.remove(name);
            } else {
                merged.put(name, value);
            }
        });
        return new TopicSettings(merged);
    }

    /** Name and value of what is set, by name. */
    public SortedMap<String, String> texts() {
        return new TreeMap<>(texts);
    }

    /** Milliseconds, {@link Units#UNLIMITED}, or {@link #UNSET}. */
    public long retentionMs() {
        return retentionMs;
    }

    /** Bytes of each partition, {@link Units#UNLIMITED}, or {@link #UNSET}. */
    public long retentionBytes() {
        return retentionBytes;
    }

    /** Whether each key of the topic is an event stream. */
    public boolean indexed() {
        return indexed;
    }

    /** Whether events are found by tags and types as well. */
    public boolean indexesTags() {
        return indexesTags;
    }

    /** For how long event ids are remembered. */
    public long idWindowMs() {
        return idWindowMs;
    }

    /** Bytes, or {@link #UNSET}. */
    public long messageBytesMax() {
        return messageBytesMax;
    }

    /** Milliseconds, or {@link #UNSET} where ids are not looked at. */
    public long publishIdWindowMs() {
        return publishIdWindowMs;
    }

    /** Whether values must name a registered schema. */
    public boolean checksSchemas() {
        return !schemaValidation.equals(SCHEMA_OFF);
    }

    /** Whether values must fit the schema that they name. */
    public boolean checksValues() {
        return schemaValidation.equals(SCHEMA_FULL);
    }
}
