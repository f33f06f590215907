package dev.millrace.client;

import java.util.Collection;

/** Told when a group member's partitions change. Called by the thread that polls, or by the consumer's own in handler style. */
public interface RebalanceListener {
    /** The member consumes these from now on. */
    default void onAssigned(Collection<TopicPartition> partitions) {}

    /** Called before the partitions are let go: offsets can still be committed. */
    default void onRevoked(Collection<TopicPartition> partitions) {}

    /** Called after the partitions are gone, because the session had ended; offsets cannot be committed any more. */
    default void onLost(Collection<TopicPartition> partitions) {}

    /** The log no longer held the offset, so consuming goes on elsewhere: messages were missed, or will come again. */
    default void onOffsetReset(TopicPartition partition, long wantedOffset, long actualOffset) {}
}
