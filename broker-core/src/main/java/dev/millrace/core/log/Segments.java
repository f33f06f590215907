package dev.millrace.core.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The segments of one log, by offset. Thread: the shard adds and extends, the syncer removes; any thread looks up without
 * waiting.
 *
 * <p>Every commit extends the newest segment of every partition that it touched, so that one stands alone; the others
 * change once in many megabytes and are copied then.
 */
final class Segments {
    private static final Segment[] NONE = {};

    private volatile Segment[] earlier = NONE;
    private volatile Segment newest;

    /** Adds a segment behind all others. */
    synchronized void add(Segment segment) {
        if (newest != null) {
            Segment[] more = Arrays.copyOf(earlier, earlier.length + 1);
            more[earlier.length] = newest;
            earlier = more; // before the newest changes: who sees the new one finds the other here
        }
        newest = segment;
    }

    /** Puts an extended segment in the place of the newest. */
    void extendNewest(Segment extended) {
        newest = extended;
    }

    /** Removes all that begin before the offset. */
    synchronized void removeBefore(long offset) {
        Segment last = newest;
        if (last != null && last.baseOffset() < offset) {
            newest = null;
        }
        earlier = Arrays.stream(earlier)
                .filter(segment -> segment.baseOffset() >= offset)
                .toArray(Segment[]::new);
    }

    /** The last segment that begins at or before the offset, or null. */
    Segment floor(long offset) {
        Segment last = newest;
        if (last != null && last.baseOffset() <= offset) {
            return last;
        }
        Segment[] others = earlier;
        int index = firstAfter(others, offset) - 1;
        return index < 0 ? null : others[index];
    }

    /** The first segment that begins at or after the offset, or null. */
    Segment ceiling(long offset) {
        // Before the others: what is no longer the newest when they are read is among them.
        Segment last = newest;
        Segment[] others = earlier;
        int index = firstAfter(others, offset - 1);
        if (index < others.length) {
            return others[index];
        }
        return last != null && last.baseOffset() >= offset ? last : null;
    }

    /** The newest segment, or null. */
    Segment newest() {
        return newest;
    }

    /** Those that begin at or after the offset, oldest first. */
    List<Segment> from(long offset) {
        Segment last = newest;
        Segment[] others = earlier;
        List<Segment> found = new ArrayList<>(others.length + 1);
        for (int i = firstAfter(others, offset - 1); i < others.length; i++) {
            found.add(others[i]);
        }
        boolean known =
                !found.isEmpty() && last != null && found.get(found.size() - 1).baseOffset() >= last.baseOffset();
        if (last != null && last.baseOffset() >= offset && !known) {
            found.add(last);
        }
        return found;
    }

    /** All, oldest first. */
    List<Segment> all() {
        return from(0);
    }

    private static int firstAfter(Segment[] sorted, long offset) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = low + high >>> 1;
            if (sorted[middle].baseOffset() <= offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
