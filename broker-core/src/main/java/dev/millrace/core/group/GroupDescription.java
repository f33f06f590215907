package dev.millrace.core.group;

import java.util.List;
import java.util.SortedMap;

/** A snapshot of a group for people and tools. */
public record GroupDescription(
        String group,
        GroupState state,
        int generation,
        List<MemberDescription> members,
        SortedMap<Integer, CommittedOffset> offsets) {
    /**
     * A snapshot of a member.
     *
     * @param instanceId null for a dynamic member
     * @param owned what it works on, or may still work on because it has not confirmed otherwise
     * @param target what it is meant to work on
     * @param away a static member that left and whose place is kept until its session ends
     */
    public record MemberDescription(
            String memberId,
            String instanceId,
            String clientId,
            List<String> patterns,
            int sessionTimeoutMs,
            int memberEpoch,
            PartitionSet owned,
            PartitionSet target,
            boolean away) {}
}
