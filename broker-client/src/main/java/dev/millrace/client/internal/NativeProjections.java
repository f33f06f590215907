package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Position;
import dev.millrace.client.ProjectionBuilder;
import dev.millrace.client.Projections;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Builds projections, and asks the broker about those of other processes. Thread: any. */
record NativeProjections(Link link, OpenThings opened) implements Projections {
    private static final long ASK_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long ASK_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    @Override
    public ProjectionBuilder named(String name) {
        Checks.require(
                name != null && name.matches("[A-Za-z0-9._-]{1,200}"), "name", name, "1 to 200 of a-z A-Z 0-9 . _ -");
        return new NativeProjectionBuilder(link, opened, name);
    }

    @Override
    public OptionalInt liveVersion(String name) {
        return ProjectionLog.liveVersion(link, name);
    }

    @Override
    public boolean await(String id, Position position, Duration timeout) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        PartitionRef partition = new PartitionRef(
                Waiting.on(new TopicDirectory(link).describe(position.topic())).topicId(), position.partition());
        long pauseNanos = ASK_MIN_NANOS;
        while (committed(id, partition) <= position.offset()) {
            long leftNanos = deadlineNanos - System.nanoTime();
            if (leftNanos <= 0 || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(Math.min(pauseNanos, leftNanos));
            pauseNanos = Math.min(ASK_MAX_NANOS, 2 * pauseNanos);
        }
        return true;
    }

    private long committed(String group, PartitionRef partition) {
        try {
            return Waiting.on(link.call(
                            new GroupFrames.FetchOffsets(group, List.of(partition)), GroupFrames.Offsets.class, true))
                    .offsets()
                    .stream()
                    .mapToLong(GroupFrames.PartitionOffset::offset)
                    .max()
                    .orElse(-1);
        } catch (MillraceException e) {
            if (e.fault() == Fault.GROUP_NOT_FOUND) {
                return -1; // it may be about to start
            }
            throw e;
        }
    }
}
