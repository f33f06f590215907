package dev.millrace.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The event streams of a topic: one for each key, with versions 0, 1, 2 and so on. The topic must have been created with
 * {@code stream.index=key} or {@code key+tags}. Thread: any; calls wait for the answer.
 *
 * <p>Appending is safe to repeat: each event has an id, and one that comes again is recognised for as long as the topic's
 * {@code stream.idWindow} says. Calls are repeated after a lost connection by themselves.
 *
 * <p>Fails, all of them: {@link MillraceException} TOPIC_NOT_FOUND, INDEX_DISABLED, INVALID_REQUEST, TIMED_OUT and what
 * concerns the connection.
 */
public interface EventStreams {
    /** An event and the stream that it goes to. */
    record Addressed(byte[] key, Event event) {
        public static Addressed to(String key, Event event) {
            return new Addressed(utf8(key), event);
        }
    }

    /** An expectation of a stream, which need not be written. */
    record Check(byte[] key, Expected expected) {
        public static Check of(String key, Expected expected) {
            return new Check(utf8(key), expected);
        }
    }

    /**
     * Appends events to one stream, all or nothing, at most 1000.
     *
     * @throws MillraceException WRONG_EXPECTED_VERSION, naming the actual version; ID_CONFLICT, STREAM_TOMBSTONED,
     *     BATCH_TOO_LARGE, MESSAGE_TOO_LARGE, TAG_LIMIT
     */
    AppendResult append(byte[] key, Expected expected, List<Event> events);

    default AppendResult append(String key, Expected expected, Event... events) {
        return append(utf8(key), expected, List.of(events));
    }

    /**
     * Appends events to streams that lie in one partition, if the checks hold, all or nothing. What does not hold is told in
     * the result: all of it, with the actual versions.
     *
     * @param events at most 1000; none for a check alone
     * @throws MillraceException CROSS_PARTITION; else as {@link #append}
     */
    AppendResult tryAppend(List<Addressed> events, List<Check> checks);

    /** As {@link #tryAppend(List, List)} for one stream. */
    default AppendResult tryAppend(String key, Expected expected, Event... events) {
        return tryAppend(
                List.of(events).stream().map(event -> Addressed.to(key, event)).toList(),
                List.of(Check.of(key, expected)));
    }

    /**
     * When an append is not to be done.
     *
     * @param failIfMatch if such an event lies after {@code afterOffset}; null for none
     * @param afterOffset the {@link Found#readEnd} of what the decision was made from, less one; -1 for all events
     * @param failIfExists if such an event lies anywhere; null for none
     */
    record Condition(EventFilter failIfMatch, long afterOffset, EventFilter failIfExists) {}

    /**
     * Appends events if no event matches that must not: a decision over several streams without a lock. Needs
     * {@code stream.index=key+tags}. What fails is told in the result; {@link AppendResult#orThrow} makes it an exception.
     */
    AppendResult appendIf(List<Addressed> events, List<Check> checks, Condition condition);

    /** Up to when events count. As of a time: by each event's own timestamp, so one that comes late changes the past. */
    record AsOf(int kind, long value) {
        public static final AsOf NOW = new AsOf(0, 0);

        public static AsOf version(long version) {
            return new AsOf(1, version);
        }

        public static AsOf time(Instant time) {
            return timeMs(time.toEpochMilli());
        }

        public static AsOf timeMs(long timeMs) {
            return new AsOf(2, timeMs);
        }

        public static AsOf offset(long offset) {
            return new AsOf(3, offset);
        }
    }

    /**
     * What to read of a stream.
     *
     * @param from a version; -1 for the last
     */
    record Range(long from, boolean backward, int max, AsOf asOf) {
        public static Range all() {
            return new Range(0, false, Integer.MAX_VALUE, AsOf.NOW);
        }

        public static Range from(long version) {
            return new Range(version, false, Integer.MAX_VALUE, AsOf.NOW);
        }

        /** From the last event to the first. */
        public static Range newestFirst() {
            return new Range(-1, true, Integer.MAX_VALUE, AsOf.NOW);
        }

        public Range max(int events) {
            return new Range(from, backward, events, asOf);
        }

        public Range asOf(AsOf moment) {
            return new Range(from, backward, max, moment);
        }
    }

    /**
     * Events of a stream.
     *
     * @param firstVersion the oldest that can be read
     * @param lastVersion as of the moment asked for: what an append expects
     * @param readEnd the partition's end when it was read
     * @param truncated events before the first were asked for, and are hidden or gone
     */
    record Slice(List<StoredEvent> events, long firstVersion, long lastVersion, long readEnd, boolean truncated) {}

    /**
     * Reads a stream; as many requests as it takes.
     *
     * @throws MillraceException STREAM_NOT_FOUND, STREAM_TOMBSTONED
     */
    Slice read(byte[] key, Range range);

    default Slice read(String key, Range range) {
        return read(utf8(key), range);
    }

    default Slice read(String key) {
        return read(key, Range.all());
    }

    /** The last event, or none where the stream holds none. */
    Optional<StoredEvent> last(byte[] key, AsOf asOf);

    default Optional<StoredEvent> last(String key) {
        return last(utf8(key), AsOf.NOW);
    }

    /**
     * A client's state of a stream, with the events after it.
     *
     * @param snapshot null where there is none of the schema
     * @param snapshotVersion the last event that it has in it; -1 for none
     */
    record Loaded(byte[] snapshot, long snapshotVersion, Slice tail) {}

    /** The newest snapshot of a schema and the events after it, in one round trip where the tail is not long. */
    Loaded load(byte[] key, String schema, AsOf asOf);

    default Loaded load(String key, String schema) {
        return load(utf8(key), schema, AsOf.NOW);
    }

    /** Keeps a state that has in it all events up to a version. The last two are kept. */
    void putSnapshot(byte[] key, long version, String schema, byte[] state);

    default void putSnapshot(String key, long version, String schema, byte[] state) {
        putSnapshot(utf8(key), version, schema, state);
    }

    /**
     * Hands over the last event of every stream with a prefix as of a moment, partition by partition and by key. Each
     * partition is shown as it was at one moment.
     */
    void latest(String prefix, AsOf asOf, Consumer<StoredEvent> events);

    /**
     * A stream.
     *
     * @param state {@code live}, {@code deleted} or {@code tombstoned}
     * @param firstVersion the oldest that can be read; lastVersion + 1 where none can
     * @param maxCount 0 for all
     * @param maxAgeMs 0 for any age
     * @param erasedMs when something was last erased, 0 for never
     * @param purgedMs when what was erased had left the disk; 0 for not yet
     */
    record Info(
            byte[] key,
            String state,
            int partition,
            long firstVersion,
            long lastVersion,
            long lastTimestampMs,
            long maxCount,
            long maxAgeMs,
            long erasedMs,
            long purgedMs) {
        public String keyText() {
            return new String(key, StandardCharsets.UTF_8);
        }
    }

    /** Hands over the streams with a prefix that hold events, partition by partition and by key. */
    void list(String prefix, Consumer<Info> streams);

    /** @throws MillraceException STREAM_NOT_FOUND */
    Info describe(byte[] key);

    default Info describe(String key) {
        return describe(utf8(key));
    }

    /** Hides all events before a version. */
    Info truncateBefore(byte[] key, long version);

    default Info truncateBefore(String key, long version) {
        return truncateBefore(utf8(key), version);
    }

    /**
     * Hides old events by rule.
     *
     * @param maxCount 0 for all
     * @param maxAge zero for any age
     */
    Info setPolicy(byte[] key, long maxCount, Duration maxAge);

    default Info setPolicy(String key, long maxCount, Duration maxAge) {
        return setPolicy(utf8(key), maxCount, maxAge);
    }

    /** Deletes a stream: it reads as if it had never been; versions go on when it is appended to again. */
    Info delete(byte[] key, Expected expected);

    default Info delete(String key, Expected expected) {
        return delete(utf8(key), expected);
    }

    /** Ends a stream for good: nothing is ever appended to it again. */
    Info tombstone(byte[] key, Expected expected);

    default Info tombstone(String key, Expected expected) {
        return tombstone(utf8(key), expected);
    }

    /**
     * Erases values, tags and the application's headers of events, and the stream's snapshots. Versions stay. {@link
     * Info#purgedMs} tells when the bytes have left the disk; backups and what consumers have are out of reach.
     */
    Info erase(byte[] key, long fromVersion, long toVersion);

    default Info erase(String key) {
        return erase(utf8(key), 0, Long.MAX_VALUE);
    }

    /**
     * Events that match.
     *
     * @param readEnd one past the last event that was looked at: {@code readEnd - 1} is what {@link Condition} wants
     */
    record Found(List<StoredEvent> events, long readEnd) {}

    /** Events of a partition that match, in their order, from an offset on; looks at all that is there. */
    Found find(int partition, EventFilter filter, long fromOffset, int max);

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
