package dev.millrace.core.machine;

import java.util.List;

/** What a member may consume, and from where. */
public record MemberAssignment(String memberId, int memberEpoch, int sessionTimeoutMs, List<Partition> partitions) {
    /** @param committedOffset -1 where nothing was committed */
    public record Partition(int partitionId, long committedOffset) {}
}
