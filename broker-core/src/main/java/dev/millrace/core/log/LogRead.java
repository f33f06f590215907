package dev.millrace.core.log;

import dev.millrace.core.error.Refusal;
import java.nio.ByteBuffer;

/** The outcome of a read. */
public sealed interface LogRead {
    /**
     * Whole batches; {@code releaser} must run exactly once, after the last use of the bytes.
     *
     * @param nextOffset one past the last record in {@code batches}
     */
    record Batches(ByteBuffer batches, long nextOffset, Runnable releaser) implements LogRead {}

    /** The offset is the end: nothing durable is there yet. */
    record AtEnd() implements LogRead {}

    /** Not in memory: ask {@link LogReader#readStored} on a thread that may wait for the disk. */
    record NotCached() implements LogRead {}

    record Refused(Refusal refusal) implements LogRead {}
}
