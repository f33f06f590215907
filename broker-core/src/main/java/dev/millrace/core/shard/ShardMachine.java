package dev.millrace.core.shard;

import dev.millrace.core.command.Command;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.Stamp;

/**
 * The deterministic state behind a shard's log. Thread: shard.
 *
 * <p>{@link #apply} is a function of state and command: it reads no clock, no configuration and no hash order.
 */
public interface ShardMachine {
    /** A batch with this stamp follows; its {@code nowMs} comes again with each command. */
    default void beginBatch(Stamp stamp) {}

    /** Changes state in memory and adds the same change to {@code sink}; returns the answer, or a Refusal. */
    Object apply(Command command, long nowMs, WriteSink sink);

    /**
     * Ends a batch: adds what was collected over its commands to {@code sink}.
     *
     * @return what makes the batch visible to readers; run once the batch is durable, in the order of batches. Thread:
     *     syncer
     */
    Runnable endBatch(long nowMs, WriteSink sink);

    /** A change that time alone brings and that is due at this stamp, to be proposed like any other; null for none. */
    default Command dueCommand(Stamp stamp) {
        return null;
    }

    /** No {@link #dueCommand} comes before {@link Stamp#dueMs} is this; {@link Long#MAX_VALUE} for none. */
    default long nextDueMs() {
        return Long.MAX_VALUE;
    }

    /** The generation that the next batch's chunks will carry; a change asks the log to rotate between the batches. */
    int generation();
}
