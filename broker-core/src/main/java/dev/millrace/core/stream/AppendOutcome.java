package dev.millrace.core.stream;

import java.util.List;

/** How an append to streams ended. */
public sealed interface AppendOutcome {
    /**
     * The events are there.
     *
     * @param versions of the events, in the order of the request
     * @param firstOffset the smallest offset; -1 where nothing was to be written
     * @param duplicate they were there before
     */
    record Written(long[] versions, long firstOffset, long lastOffset, long appendTimeMs, boolean duplicate)
            implements AppendOutcome {}

    /** Expectations that did not hold: all of them, and nothing was written. */
    record Conflict(List<FailedCheck> failed) implements AppendOutcome {}

    /**
     * @param actualVersion the last version, -1 where the stream holds no event
     * @param deleted it held some before
     */
    record FailedCheck(byte[] key, long expected, long actualVersion, boolean deleted) {}

    /**
     * Events match that must not.
     *
     * @param exists which clause: true for the one that looks everywhere
     * @param item which item of the clause's query; -1 where it asks for everything
     * @param offsets of such events, ten at most
     */
    record ConditionFailed(boolean exists, int item, List<Long> offsets) implements AppendOutcome {}
}
