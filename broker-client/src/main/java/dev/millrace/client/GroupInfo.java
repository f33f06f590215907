package dev.millrace.client;

import java.util.List;

/**
 * A consumer group as the broker describes it.
 *
 * @param state empty, stable or reconciling
 */
public record GroupInfo(String group, String state, int generation, List<Member> members, List<Progress> partitions) {
    /** @param instanceId the lasting name of a static member, or null */
    public record Member(
            String memberId, String instanceId, String clientId, int memberEpoch, List<TopicPartition> partitions) {}

    /**
     * Progress in one partition.
     *
     * @param committedOffset -1 where nothing was committed
     * @param lagMs age of the oldest message that is not committed; 0 where there is none
     * @param memberId who consumes it, or null
     */
    public record Progress(
            TopicPartition partition,
            long committedOffset,
            long endOffset,
            long lagMessages,
            long lagMs,
            String memberId) {}

    public long lagMessages() {
        return partitions.stream().mapToLong(Progress::lagMessages).sum();
    }

    public long lagMs() {
        return partitions.stream().mapToLong(Progress::lagMs).max().orElse(0);
    }
}
