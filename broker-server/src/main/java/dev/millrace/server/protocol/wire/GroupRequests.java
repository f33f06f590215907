package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.GroupOperations;
import dev.millrace.core.GroupOperations.Membership;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames;
import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import dev.millrace.server.protocol.wire.MemberRegistry.MemberKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Translates the frames of consumer groups to calls of the broker and back. Thread: any. */
final class GroupRequests {
    private final GroupOperations groups;
    private final MemberRegistry members;
    private final OffsetReset offsetReset;

    GroupRequests(Broker broker, MemberRegistry members) {
        this.groups = broker.groups();
        this.members = members;
        this.offsetReset = new OffsetReset(broker);
    }

    CompletableFuture<Frame> join(GroupFrames.JoinGroup request, WireConnection connection) {
        var join = new GroupOperations.Join(
                request.group(),
                request.memberId(),
                request.instanceId(),
                request.clientId(),
                request.patterns(),
                request.sessionTimeoutMs());
        // Registered on the completing thread, which also tells of assignments: none can slip in between.
        return groups.join(join).thenApply(membership -> {
            members.put(new MemberKey(request.group(), membership.memberId()), connection);
            return new GroupFrames.GroupJoined(
                    membership.memberId(),
                    membership.memberEpoch(),
                    membership.heartbeatIntervalMs(),
                    assignment(membership));
        });
    }

    CompletableFuture<Frame> heartbeat(GroupFrames.Heartbeat request, WireConnection connection) {
        MemberKey key = new MemberKey(request.group(), request.memberId());
        return groups.heartbeat(request.group(), request.memberId(), request.memberEpoch(), partitions(request.owned()))
                .handle((membership, error) -> {
                    if (error != null) {
                        members.remove(key, connection);
                        throw FaultFrames.faultOf(error);
                    }
                    members.put(key, connection);
                    return new GroupFrames.HeartbeatOk(membership.memberEpoch(), assignment(membership));
                });
    }

    CompletableFuture<Frame> commit(GroupFrames.CommitOffsets request) {
        List<GroupOperations.Offset> offsets = map(
                request.offsets(),
                offset -> new GroupOperations.Offset(
                        new TopicPartition(offset.topicId(), offset.partition()), offset.offset(), offset.metadata()));
        return groups.commit(request.group(), request.memberId(), request.memberEpoch(), offsets)
                .thenApply(results -> new GroupFrames.OffsetsCommitted(map(results, GroupRequests::result)));
    }

    CompletableFuture<Frame> leave(GroupFrames.LeaveGroup request, WireConnection connection) {
        return groups.leave(request.group(), request.memberId(), request.keepStatic())
                .thenApply(done -> {
                    members.remove(new MemberKey(request.group(), request.memberId()), connection);
                    return new Frames.Done();
                });
    }

    CompletableFuture<Frame> fetch(GroupFrames.FetchOffsets request) {
        return groups.committed(request.group(), partitions(request.partitions()))
                .thenApply(offsets -> new GroupFrames.Offsets(map(offsets, GroupRequests::offset)));
    }

    CompletableFuture<Frame> list() {
        return groups.list()
                .thenApply(found -> new GroupFrames.Groups(map(
                        found,
                        group -> new GroupFrames.GroupSummary(
                                group.group(), group.state(), group.members(), group.lagMessages(), group.lagMs()))));
    }

    CompletableFuture<Frame> describe(GroupFrames.DescribeGroup request) {
        return groups.describe(request.group())
                .thenApply(group -> new GroupFrames.Group(
                        group.group(),
                        group.state(),
                        group.generation(),
                        map(group.members(), GroupRequests::member),
                        map(group.partitions(), GroupRequests::progress)));
    }

    CompletableFuture<Frame> reset(GroupFrames.ResetOffsets request) {
        return offsetReset
                .reset(request)
                .thenApply(offsets -> new GroupFrames.Offsets(map(offsets, GroupRequests::offset)));
    }

    CompletableFuture<Frame> delete(GroupFrames.DeleteGroup request) {
        return groups.delete(request.group()).thenApply(done -> new Frames.Done());
    }

    private static List<TopicPartition> partitions(List<PartitionRef> refs) {
        return map(refs, ref -> new TopicPartition(ref.topicId(), ref.partition()));
    }

    private static List<GroupFrames.AssignedPartition> assignment(Membership membership) {
        return map(
                membership.assignment(),
                assigned -> new GroupFrames.AssignedPartition(
                        assigned.topic(),
                        assigned.partition().topicId(),
                        assigned.partition().partition(),
                        assigned.committedOffset()));
    }

    private static PartitionOffset offset(GroupOperations.Offset offset) {
        return new PartitionOffset(
                offset.partition().topicId(), offset.partition().partition(), offset.offset(), offset.metadata());
    }

    private static GroupFrames.PartitionResult result(GroupOperations.CommitResult result) {
        int code = 0;
        if (result.fault() != null) {
            code = FaultFrames.error(new FaultException(result.fault(), result.detail()))
                    .code();
        }
        return new GroupFrames.PartitionResult(
                result.partition().topicId(), result.partition().partition(), code, result.detail());
    }

    private static GroupFrames.GroupMember member(GroupOperations.Member member) {
        return new GroupFrames.GroupMember(
                member.memberId(),
                member.instanceId(),
                member.clientId(),
                member.memberEpoch(),
                map(member.partitions(), named -> new GroupFrames.TopicPartition(named.topic(), named.partition())));
    }

    private static GroupFrames.GroupPartition progress(GroupOperations.Progress progress) {
        return new GroupFrames.GroupPartition(
                progress.topic(),
                progress.partition().topicId(),
                progress.partition().partition(),
                progress.committedOffset(),
                progress.endOffset(),
                progress.lagMessages(),
                progress.lagMs(),
                progress.memberId());
    }

    private static <A, B> List<B> map(List<A> values, Function<A, B> function) {
        return values.stream().map(function).toList();
    }
}
