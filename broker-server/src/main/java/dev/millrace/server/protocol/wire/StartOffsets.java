package dev.millrace.server.protocol.wire;

import dev.millrace.core.LogOperations;
import dev.millrace.core.LogOperations.Bounds;
import dev.millrace.core.LogOperations.FoundOffset;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.StartPosition;
import java.util.concurrent.CompletableFuture;

/** Finds the offset that a start position means now. Thread: any. */
final class StartOffsets {
    private static final long NO_TIMESTAMP = -1;

    private final LogOperations logs;

    StartOffsets(LogOperations logs) {
        this.logs = logs;
    }

    /** Fails: TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, OFFSET_OUT_OF_RANGE. */
    CompletableFuture<FoundOffset> find(TopicPartition partition, StartPosition position) {
        if (position.kind() == StartPosition.Kind.TIME) {
            return logs.findByTime(partition, position.value());
        }
        Bounds bounds;
        try {
            bounds = logs.bounds(partition);
        } catch (FaultException gone) {
            return CompletableFuture.failedFuture(gone);
        }
        return switch (position.kind()) {
            case EARLIEST -> found(bounds.logStartOffset());
            case LATEST -> found(bounds.endOffset());
            case OFFSET -> inRange(partition, position.value(), bounds);
            case TIME -> throw new AssertionError("answered above");
        };
    }

    private static CompletableFuture<FoundOffset> inRange(TopicPartition partition, long offset, Bounds bounds) {
        if (offset < bounds.logStartOffset() || offset > bounds.endOffset()) {
            return CompletableFuture.failedFuture(new FaultException(
                    Fault.OFFSET_OUT_OF_RANGE,
                    "offset " + offset + " of partition " + partition.partition() + " where " + bounds.logStartOffset()
                            + " to " + bounds.endOffset() + " can be read"));
        }
        return found(offset);
    }

    private static CompletableFuture<FoundOffset> found(long offset) {
        return CompletableFuture.completedFuture(new FoundOffset(offset, NO_TIMESTAMP));
    }
}
