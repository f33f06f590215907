package dev.millrace.client;

import dev.millrace.core.error.Fault;
import java.util.List;

/**
 * How an append to streams ended.
 *
 * @param versions of the events, in their order; empty where nothing was written
 * @param lastOffset of the last event in its partition
 * @param duplicate the events had been appended before; versions and offset are those of then
 * @param conflicts the expectations that did not hold; empty where all did
 * @param failedCondition why the condition failed; null where it did not
 * @param detail why nothing was written, with the actual values, for a person; empty where it was
 */
public record AppendResult(
        int partition,
        List<Long> versions,
        long firstOffset,
        long lastOffset,
        long appendTimeMs,
        boolean duplicate,
        List<Conflict> conflicts,
        FailedCondition failedCondition,
        String detail) {
    /**
     * An expectation that did not hold.
     *
     * @param actualVersion the last version, or -1 where the stream holds no event
     * @param deleted it held some before
     */
    public record Conflict(byte[] key, Expected expected, long actualVersion, boolean deleted) {}

    /** The clauses of a {@link EventStreams.Condition}. */
    public enum Clause {
        FAIL_IF_MATCH,
        FAIL_IF_EXISTS
    }

    /**
     * Events are there that the condition rules out.
     *
     * @param item which of the {@link EventFilter#items} of the clause's filter they match, counted from 0; -1 for a filter
     *     of everything
     * @param offsets of such events in the partition, at most ten: the first ones, or the last one of everything
     */
    public record FailedCondition(Clause clause, int item, List<Long> offsets) {}

    /** True where the events are in the streams. */
    public boolean written() {
        return conflicts.isEmpty() && !conditionFailed();
    }

    public boolean conditionFailed() {
        return failedCondition != null;
    }

    /** Offsets of events because of which a condition failed, at most ten. */
    public List<Long> matches() {
        return conditionFailed() ? failedCondition.offsets : List.of();
    }

    /**
     * This result, where the events are in the streams.
     *
     * @throws MillraceException WRONG_EXPECTED_VERSION, CONDITION_FAILED: naming what is there
     */
    public AppendResult orThrow() {
        if (!written()) {
            throw new MillraceException(
                    conditionFailed() ? Fault.CONDITION_FAILED : Fault.WRONG_EXPECTED_VERSION, detail);
        }
        return this;
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
