package dev.millrace.core.group;

import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;

/** Says beforehand whether a commit of offsets can be done as a whole. Thread: shard. */
final class CommitCheck {
    private final RequestRules rules;
    private final TopicView topics;

    CommitCheck(RequestRules rules, TopicView topics) {
        this.rules = rules;
        this.topics = topics;
    }

    /**
     * The first entry that a group would refuse, or null.
     *
     * @param member who commits, or null for a commit from outside
     */
    Refusal problemWithEntries(Group group, Member member, CommitOffsets commit) {
        for (CommitOffsets.Entry entry : commit.entries()) {
            if (member != null && group.holder(entry.partitionId()) != member) {
                return Refusal.of(
                        Fault.NOT_ASSIGNED,
                        "partition %d is not assigned to member '%s' of group '%s'",
                        entry.partitionId(),
                        commit.memberId(),
                        commit.group());
            }
            if (member == null && !topics.hasPartition(entry.partitionId())) {
                return Refusal.of(Fault.PARTITION_NOT_FOUND, "partition %d does not exist", entry.partitionId());
            }
            String problem = rules.problemWithCommit(entry.offset(), entry.metadata());
            if (problem != null) {
                return new Refusal(Fault.INVALID_REQUEST, problem);
            }
        }
        return null;
    }
}
