package dev.millrace.client;

import java.util.List;

/**
 * How an append to streams ended.
 *
 * @param versions of the events, in their order; empty where nothing was written
 * @param lastOffset of the last event in its partition
 * @param duplicate the events had been appended before; versions and offset are those of then
 * @param conflicts the expectations that did not hold; empty where all did
 * @param matches offsets of events because of which a condition failed, at most ten
 */
public record AppendResult(
        int partition,
        List<Long> versions,
        long firstOffset,
        long lastOffset,
        long appendTimeMs,
        boolean duplicate,
        List<Conflict> conflicts,
        boolean conditionFailed,
        List<Long> matches) {
    /**
     * An expectation that did not hold.
     *
     * @param actualVersion the last version, or -1 where the stream holds no event
     * @param deleted it held some before
     */
    public record Conflict(byte[] key, Expected expected, long actualVersion, boolean deleted) {}

    /** True where the events are in the streams. */
    public boolean written() {
        return conflicts.isEmpty() && !conditionFailed;
    }

    /** -1 where nothing was written. */
    public long lastVersion() {
        return versions.isEmpty() ? -1 : versions.get(versions.size() - 1);
    }

    /** -1 where nothing was written. */
    public long firstVersion() {
        return versions.isEmpty() ? -1 : versions.get(0);
    }
}
