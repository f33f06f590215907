package dev.millrace.core.machine;

import dev.millrace.core.command.BeginDelivery;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.DiscardDeadLetters;
import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.HeartbeatGroup;
import dev.millrace.core.command.JoinGroup;
import dev.millrace.core.command.LeaveGroup;
import dev.millrace.core.command.MemberClaim;
import dev.millrace.core.command.NoteFailure;
import dev.millrace.core.command.ParkRecord;
import dev.millrace.core.command.ReplayDeadLetters;
import dev.millrace.core.command.ResetOffsets;
import dev.millrace.core.command.SettleReplay;
import dev.millrace.core.deadletter.DeadLetters;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.group.Assignment;
import dev.millrace.core.group.CommittedOffset;
import dev.millrace.core.group.GroupCoordinator;
import dev.millrace.core.group.GroupOutcome;
import dev.millrace.core.group.LostPartition;
import dev.millrace.core.group.PartitionResult;
import dev.millrace.core.storage.WriteSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Hands the commands of groups to groups and dead letters, and tells each of what concerns both. Thread: shard. */
final class GroupCommands {
    private final GroupCoordinator groups;
    private final DeadLetters deadLetters;

    GroupCommands(GroupCoordinator groups, DeadLetters deadLetters) {
        this.groups = groups;
        this.deadLetters = deadLetters;
    }

    Object apply(Command command, long nowMs, WriteSink sink) {
        if (command instanceof HeartbeatGroup heartbeat) {
            return assignment(heartbeat.group(), groups.applyHeartbeat(heartbeat, nowMs, sink));
        } else if (command instanceof CommitOffsets commit) {
            return committed(commit, groups.applyCommit(commit, nowMs, sink), sink);
        } else if (command instanceof JoinGroup join) {
            Object answer = assignment(join.group(), groups.applyJoin(join, nowMs, sink));
            noteLost(sink);
            return answer;
        } else if (command instanceof LeaveGroup leave) {
            return groups.applyLeave(leave, nowMs, sink).answer();
        } else if (command instanceof ExpireGroups expire) {
            Object answer = groups.applyExpire(expire, nowMs, sink);
            noteLost(sink);
            return answer;
        } else if (command instanceof ResetOffsets reset) {
            return reset(reset, groups.applyReset(reset, nowMs, sink), sink);
        }
        return applyDeadLetters(command, nowMs, sink);
    }

    private Object applyDeadLetters(Command command, long nowMs, WriteSink sink) {
        if (command instanceof BeginDelivery begin) {
            return claimed(begin.claim(), () -> deadLetters.begin(begin, sink));
        } else if (command instanceof NoteFailure failed) {
            return claimed(failed.claim(), () -> deadLetters.noteFailure(failed, nowMs, sink));
        } else if (command instanceof ParkRecord park) {
            return claimed(park.claim(), () -> deadLetters.park(park, nowMs, sink));
        } else if (command instanceof SettleReplay settle) {
            return claimed(settle.claim(), () -> deadLetters.settle(settle, nowMs, sink));
        } else if (command instanceof ReplayDeadLetters replay) {
            return deadLetters.replay(replay, nowMs, sink);
        } else if (command instanceof DiscardDeadLetters discard) {
            return deadLetters.discard(discard, nowMs, sink);
        }
        throw new IllegalArgumentException(
                "no rule to apply " + command.getClass().getName());
    }

    /** A member that was replaced must not decide about records that another works on. */
    private Object claimed(MemberClaim claim, Supplier<Object> then) {
        Refusal refusal = groups.problemWithClaim(claim);
        return refusal != null ? refusal : then.get();
    }

    /** Adds where the member goes on in each partition, so that it need not ask. */
    private Object assignment(String group, GroupOutcome<Assignment> outcome) {
        Object answer = outcome.answer();
        if (!(answer instanceof Assignment assigned)) {
            return answer;
        }
        List<MemberAssignment.Partition> partitions =
                new ArrayList<>(assigned.partitions().size());
        for (int partitionId : assigned.partitions().toArray()) {
            partitions.add(new MemberAssignment.Partition(partitionId, committed(group, partitionId)));
        }
        return new MemberAssignment(
                assigned.memberId(),
                assigned.memberEpoch(),
                groups.sessionTimeoutMs(group, assigned.memberId()),
                partitions);
    }

    private long committed(String group, int partitionId) {
        return groups.committed(group, partitionId).map(CommittedOffset::offset).orElse(-1L);
    }

    /** See {@link GroupCoordinator#problemWithCommit}. */
    Refusal problemWithCommit(CommitOffsets commit, Set<String> newGroups) {
        return groups.problemWithCommit(commit, newGroups);
    }

    /** Stores offsets that {@link #problemWithCommit} found nothing against. */
    void applyChecked(CommitOffsets commit, long nowMs, WriteSink sink) {
        groups.applyChecked(commit, nowMs, sink);
        for (CommitOffsets.Entry entry : commit.entries()) {
            deadLetters.onCommitted(commit.group(), entry.partitionId(), entry.offset(), sink);
        }
    }

    private Object committed(CommitOffsets commit, GroupOutcome<List<PartitionResult>> outcome, WriteSink sink) {
        if (outcome instanceof GroupOutcome.Done<List<PartitionResult>> done) {
            for (PartitionResult result : done.value()) {
                if (result.accepted()) {
                    deadLetters.onCommitted(commit.group(), result.partitionId(), result.committedOffset(), sink);
                }
            }
        }
        return outcome.answer();
    }

    private Object reset(ResetOffsets reset, GroupOutcome<List<PartitionResult>> outcome, WriteSink sink) {
        if (outcome instanceof GroupOutcome.Done<List<PartitionResult>> done) {
            for (PartitionResult result : done.value()) {
                if (result.accepted()) {
                    deadLetters.onReset(reset.group(), result.partitionId(), result.committedOffset(), sink);
                }
            }
        }
        return outcome.answer();
    }

    private void noteLost(WriteSink sink) {
        for (LostPartition lost : groups.drainLost()) {
            deadLetters.onMemberLost(
                    lost.group(), lost.partitionId(), committed(lost.group(), lost.partitionId()), sink);
        }
    }
}
