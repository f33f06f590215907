package dev.millrace.core.topic;

import java.util.UUID;

/**
 * A topic, immutable.
 *
 * @param partitionIds the lasting id of each partition's log, by partition number; never reused. Must not be changed.
 */
public record Topic(UUID topicId, String name, TopicSettings settings, int[] partitionIds) {
    public int partitionCount() {
        return partitionIds.length;
    }

    /** True where the topic has this partition number. */
    public boolean hasPartition(int partition) {
        return partition >= 0 && partition < partitionIds.length;
    }
}
