package dev.millrace.core.stream;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * What is known of a stream beside its events.
 *
 * <pre>
 *  (none) ──append──▶ LIVE ◀──append── DELETED        a tombstone from either is for good
 *                      └────delete────────▲
 * </pre>
 *
 * @param streamId the offset of its first event ever: names the stream in the index, in few bytes
 * @param firstVersion the oldest version that is not hidden; lastVersion + 1 where all are
 * @param lastVersion -1 before the first event
 * @param lastOffset of the last event, -1 where there was none
 * @param countMax how many of the newest events are shown, 0 for all
 * @param ageMsMax how old an event is shown, 0 for any age
 * @param erasedMs when something was last erased from it, 0 for never
 * @param purgedMs when what was erased had left the disk, 0 for not yet
 */
public record StreamHead(
        long streamId,
        long firstVersion,
        long lastVersion,
        long lastOffset,
        long lastTimestampMs,
        State state,
        long countMax,
        long ageMsMax,
        long erasedMs,
        long purgedMs) {
    private static final byte ROW_VERSION = 1;

    /** Whether a stream can be read and appended to. */
    public enum State {
        LIVE,
        DELETED,
        TOMBSTONED
    }

    static StreamHead startingAt(long streamId) {
        return new StreamHead(streamId, 0, -1, -1, -1, State.LIVE, 0, 0, 0, 0);
    }

    /** True where an event may be read. */
    boolean holdsEvents() {
        return state == State.LIVE && lastVersion >= firstVersion;
    }

    StreamHead appended(long version, long offset, long timestampMs) {
        long first = countMax > 0 ? Math.max(firstVersion, version - countMax + 1) : firstVersion;
        return new StreamHead(
                streamId, first, version, offset, timestampMs, State.LIVE, countMax, ageMsMax, erasedMs, purgedMs);
    }

    StreamHead ended(State next) {
        return new StreamHead(
                streamId,
                lastVersion + 1,
                lastVersion,
                lastOffset,
                lastTimestampMs,
                next,
                countMax,
                ageMsMax,
                erasedMs,
                purgedMs);
    }

    StreamHead limited(long first, long count, long ageMs) {
        return new StreamHead(
                streamId, first, lastVersion, lastOffset, lastTimestampMs, state, count, ageMs, erasedMs, purgedMs);
    }

    StreamHead erased(long erased, long purged) {
        return new StreamHead(
                streamId,
                firstVersion,
                lastVersion,
                lastOffset,
                lastTimestampMs,
                state,
                countMax,
                ageMsMax,
                erased,
                purged);
    }

    byte[] encode() {
        return new FieldWriter(80)
                .writeByte(ROW_VERSION)
                .writeByte(state.ordinal())
                .writeLong(streamId)
                .writeLong(firstVersion)
                .writeLong(lastVersion)
                .writeLong(lastOffset)
                .writeLong(lastTimestampMs)
                .writeLong(countMax)
                .writeLong(ageMsMax)
                .writeLong(erasedMs)
                .writeLong(purgedMs)
                .toByteArray();
    }

    static StreamHead decode(byte[] row) {
        FieldReader in = new FieldReader(row);
        byte version = in.readByte();
        if (version != ROW_VERSION) {
            throw new IllegalStateException(
                    "the row of a stream has version " + version + ", this version reads " + ROW_VERSION);
        }
        State state = State.values()[in.readByte()];
        return new StreamHead(
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                state,
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong());
    }
}
