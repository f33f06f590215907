package dev.millrace.history;

import java.util.Arrays;

/** What all clients together know of one partition: the record at each offset, its end, and what may be gone. */
final class LogHistory {
    private static final long NONE = 0;

    final int log;
    private final Violations violations;
    /** Identity of the record at each offset plus one, or {@link #NONE}. */
    private long[] ids = new long[64];

    private boolean[] shown = new boolean[64];
    private long acknowledgedEnd;
    private long endSeen;
    /** Records before it may be gone: retention or a delete was allowed to take them. */
    private long startAllowed;

    LogHistory(int log, Violations violations) {
        this.log = log;
        this.violations = violations;
    }

    void acknowledged(long id, long offset) {
        note(id, offset, false);
        acknowledgedEnd = Math.max(acknowledgedEnd, offset + 1);
    }

    void read(long id, long offset) {
        note(id, offset, true);
    }

    private void note(long id, long offset, boolean byReader) {
        int at = Math.toIntExact(offset);
        if (at >= ids.length) {
            int length = Math.max(at + 1, ids.length * 2);
            ids = Arrays.copyOf(ids, length);
            shown = Arrays.copyOf(shown, length);
        }
        if (ids[at] != NONE && ids[at] != id + 1) {
            violations.add(
                    byReader && shown[at] ? Property.STABLE_READ : Property.ONE_VALUE_PER_OFFSET,
                    "%d/%d held record %s and then %s",
                    log,
                    offset,
                    name(ids[at] - 1),
                    name(id));
        }
        ids[at] = id + 1;
        shown[at] |= byReader;
    }

    static String name(long id) {
        return Payload.writer(id) + ":" + Payload.counter(id);
    }

    /** The identity of the record that lies there as far as anybody was told, or {@link Payload#DAMAGED}. */
    long idAt(long offset) {
        return offset < ids.length ? ids[(int) offset] - 1 : Payload.DAMAGED;
    }

    boolean wasShown(long offset) {
        return offset < shown.length && shown[(int) offset];
    }

    /** One more than the highest offset that anybody was told of. */
    long knownEnd() {
        int end = ids.length;
        while (end > 0 && ids[end - 1] == NONE) {
            end--;
        }
        return end;
    }

    long acknowledgedEnd() {
        return acknowledgedEnd;
    }

    void endAnswered(long end, long atLeast) {
        if (end < atLeast) {
            violations.add(Property.END_NEVER_FALLS, "partition %d ends at %d, after %d was known", log, end, atLeast);
        }
        endSeen = Math.max(endSeen, end);
    }

    /** What an answer given from now on must reach. */
    long endAtLeast() {
        return Math.max(endSeen, acknowledgedEnd);
    }

    void allowStart(long offset) {
        startAllowed = Math.max(startAllowed, offset);
    }

    long startAllowed() {
        return startAllowed;
    }
}
