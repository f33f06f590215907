package dev.millrace.core.wire;

import java.util.List;
import java.util.UUID;

/** Frames of consumer groups. */
public final class GroupFrames {
    private GroupFrames() {}

    /**
     * Joins a group, or joins again.
     *
     * @param memberId empty for a new member
     * @param instanceId a static member's lasting name, or null
     * @param patterns topic names or wildcards: {@code orders.*} one level, {@code orders.>} all below
     * @param sessionTimeoutMs 0 for the broker's default
     */
    public record JoinGroup(
            String group,
            String memberId,
            String instanceId,
            String clientId,
            List<String> patterns,
            int sessionTimeoutMs)
            implements Frame {
        static JoinGroup read(FieldReader in) {
            return new JoinGroup(
                    in.readText(),
                    in.readText(),
                    in.readString(),
                    in.readText(),
                    in.readList(FieldReader::readText),
                    in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.JOIN_GROUP;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(memberId);
            out.writeString(instanceId);
            out.writeString(clientId);
            out.writeList(patterns, FieldWriter::writeString);
            out.writeInt(sessionTimeoutMs);
        }
    }

    /** The membership and the partitions to consume now; more may come with a heartbeat. */
    public record GroupJoined(
            String memberId, int memberEpoch, int heartbeatIntervalMs, List<AssignedPartition> assignment)
            implements Frame {
        static GroupJoined read(FieldReader in) {
            return new GroupJoined(in.readText(), in.readInt(), in.readInt(), in.readList(AssignedPartition::read));
        }

        @Override
        public FrameType type() {
            return FrameType.GROUP_JOINED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(memberId);
            out.writeInt(memberEpoch);
            out.writeInt(heartbeatIntervalMs);
            out.writeList(assignment, AssignedPartition::writeTo);
        }
    }

    /**
     * A partition that a member may consume.
     *
     * @param committedOffset where to go on, or -1 where nothing was committed
     */
    public record AssignedPartition(String topic, UUID topicId, int partition, long committedOffset) {
        static AssignedPartition read(FieldReader in) {
            return new AssignedPartition(in.readText(), in.readUuid(), in.readInt(), in.readLong());
        }

        static void writeTo(FieldWriter out, AssignedPartition value) {
            out.writeString(value.topic);
            out.writeUuid(value.topicId);
            out.writeInt(value.partition);
            out.writeLong(value.committedOffset);
        }
    }

    /**
     * Keeps the session and says which partitions the member works on; one that it left out is let go.
     *
     * @param owned what the member consumes now; the hand-over of a revoked partition waits until it is missing here
     */
    public record Heartbeat(String group, String memberId, int memberEpoch, List<PartitionRef> owned) implements Frame {
        static Heartbeat read(FieldReader in) {
            return new Heartbeat(in.readText(), in.readText(), in.readInt(), in.readList(PartitionRef::read));
        }

        @Override
        public FrameType type() {
            return FrameType.HEARTBEAT;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(memberId);
            out.writeInt(memberEpoch);
            out.writeList(owned, PartitionRef::writeTo);
        }
    }

    /** What the member may consume now: all of it, each time. What is missing is to be let go. */
    public record HeartbeatOk(int memberEpoch, List<AssignedPartition> assignment) implements Frame {
        static HeartbeatOk read(FieldReader in) {
            return new HeartbeatOk(in.readInt(), in.readList(AssignedPartition::read));
        }

        @Override
        public FrameType type() {
            return FrameType.HEARTBEAT_OK;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeInt(memberEpoch);
            out.writeList(assignment, AssignedPartition::writeTo);
        }
    }

    /** Sent unasked: the assignment of this member has changed, so heartbeat now. */
    public record AssignmentPending(String group, String memberId) implements Frame {
        static AssignmentPending read(FieldReader in) {
            return new AssignmentPending(in.readText(), in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.ASSIGNMENT_PENDING;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(memberId);
        }
    }

    /** Names a partition. */
    public record PartitionRef(UUID topicId, int partition) {
        static PartitionRef read(FieldReader in) {
            return new PartitionRef(in.readUuid(), in.readInt());
        }

        static void writeTo(FieldWriter out, PartitionRef value) {
            out.writeUuid(value.topicId);
            out.writeInt(value.partition);
        }
    }

    /** An offset of a partition, and a note kept with it. */
    public record PartitionOffset(UUID topicId, int partition, long offset, String metadata) {
        static PartitionOffset read(FieldReader in) {
            return new PartitionOffset(in.readUuid(), in.readInt(), in.readLong(), in.readString());
        }

        static void writeTo(FieldWriter out, PartitionOffset value) {
            out.writeUuid(value.topicId);
            out.writeInt(value.partition);
            out.writeLong(value.offset);
            out.writeString(value.metadata);
        }
    }

    /**
     * Commits the offsets of the next records to consume.
     *
     * @param memberId empty to commit from outside, allowed while the group has no members
     */
    public record CommitOffsets(String group, String memberId, int memberEpoch, List<PartitionOffset> offsets)
            implements Frame {
        static CommitOffsets read(FieldReader in) {
            return new CommitOffsets(in.readText(), in.readText(), in.readInt(), in.readList(PartitionOffset::read));
        }

        @Override
        public FrameType type() {
            return FrameType.COMMIT_OFFSETS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(memberId);
            out.writeInt(memberEpoch);
            out.writeList(offsets, PartitionOffset::writeTo);
        }
    }

    /** The outcome of each partition, in the order asked. */
    public record OffsetsCommitted(List<PartitionResult> results) implements Frame {
        static OffsetsCommitted read(FieldReader in) {
            return new OffsetsCommitted(in.readList(PartitionResult::read));
        }

        @Override
        public FrameType type() {
            return FrameType.OFFSETS_COMMITTED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(results, PartitionResult::writeTo);
        }
    }

    /**
     * The outcome for one partition.
     *
     * @param code 0, or the fault's number
     */
    public record PartitionResult(UUID topicId, int partition, int code, String detail) {
        static PartitionResult read(FieldReader in) {
            return new PartitionResult(in.readUuid(), in.readInt(), in.readShort() & 0xffff, in.readString());
        }

        static void writeTo(FieldWriter out, PartitionResult value) {
            out.writeUuid(value.topicId);
            out.writeInt(value.partition);
            out.writeShort(value.code);
            out.writeString(value.detail);
        }
    }

    /**
     * Leaves a group.
     *
     * @param keepStatic a static member keeps its partitions until its session ends
     */
    public record LeaveGroup(String group, String memberId, boolean keepStatic) implements Frame {
        static LeaveGroup read(FieldReader in) {
            return new LeaveGroup(in.readText(), in.readText(), in.readBoolean());
        }

        @Override
        public FrameType type() {
            return FrameType.LEAVE_GROUP;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(memberId);
            out.writeBoolean(keepStatic);
        }
    }

    /**
     * Asks for committed offsets.
     *
     * @param partitions empty for all
     */
    public record FetchOffsets(String group, List<PartitionRef> partitions) implements Frame {
        static FetchOffsets read(FieldReader in) {
            return new FetchOffsets(in.readText(), in.readList(PartitionRef::read));
        }

        @Override
        public FrameType type() {
            return FrameType.FETCH_OFFSETS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeList(partitions, PartitionRef::writeTo);
        }
    }

    /** Committed offsets; -1 where nothing was committed. */
    public record Offsets(List<PartitionOffset> offsets) implements Frame {
        static Offsets read(FieldReader in) {
            return new Offsets(in.readList(PartitionOffset::read));
        }

        @Override
        public FrameType type() {
            return FrameType.OFFSETS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(offsets, PartitionOffset::writeTo);
        }
    }

    /** Asks for all groups. */
    public record ListGroups() implements Frame {
        static ListGroups read(FieldReader in) {
            return new ListGroups();
        }

        @Override
        public FrameType type() {
            return FrameType.LIST_GROUPS;
        }

        @Override
        public void write(FieldWriter out) {}
    }

    /** All groups, by name. */
    public record Groups(List<GroupSummary> groups) implements Frame {
        static Groups read(FieldReader in) {
            return new Groups(in.readList(GroupSummary::read));
        }

        @Override
        public FrameType type() {
            return FrameType.GROUPS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(groups, GroupSummary::writeTo);
        }
    }

    /**
     * One row of a list of groups.
     *
     * @param state empty, stable or reconciling
     * @param lagMs age of the oldest record not yet committed; 0 where there is none
     */
    public record GroupSummary(String group, String state, int members, long lagMessages, long lagMs) {
        static GroupSummary read(FieldReader in) {
            return new GroupSummary(in.readText(), in.readText(), in.readInt(), in.readLong(), in.readLong());
        }

        static void writeTo(FieldWriter out, GroupSummary value) {
            out.writeString(value.group);
            out.writeString(value.state);
            out.writeInt(value.members);
            out.writeLong(value.lagMessages);
            out.writeLong(value.lagMs);
        }
    }

    /** Asks for members, assignment and lag. */
    public record DescribeGroup(String group) implements Frame {
        static DescribeGroup read(FieldReader in) {
            return new DescribeGroup(in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.DESCRIBE_GROUP;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
        }
    }

    /** A group in full. */
    public record Group(
            String group, String state, int generation, List<GroupMember> members, List<GroupPartition> partitions)
            implements Frame {
        static Group read(FieldReader in) {
            return new Group(
                    in.readText(),
                    in.readText(),
                    in.readInt(),
                    in.readList(GroupMember::read),
                    in.readList(GroupPartition::read));
        }

        @Override
        public FrameType type() {
            return FrameType.GROUP;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(state);
            out.writeInt(generation);
            out.writeList(members, GroupMember::writeTo);
            out.writeList(partitions, GroupPartition::writeTo);
        }
    }

    /** A member and what it consumes. */
    public record GroupMember(
            String memberId, String instanceId, String clientId, int memberEpoch, List<TopicPartition> partitions) {
        static GroupMember read(FieldReader in) {
            return new GroupMember(
                    in.readText(), in.readString(), in.readText(), in.readInt(), in.readList(TopicPartition::read));
        }

        static void writeTo(FieldWriter out, GroupMember value) {
            out.writeString(value.memberId);
            out.writeString(value.instanceId);
            out.writeString(value.clientId);
            out.writeInt(value.memberEpoch);
            out.writeList(value.partitions, TopicPartition::writeTo);
        }
    }

    /** Names a partition for people. */
    public record TopicPartition(String topic, int partition) {
        static TopicPartition read(FieldReader in) {
            return new TopicPartition(in.readText(), in.readInt());
        }

        static void writeTo(FieldWriter out, TopicPartition value) {
            out.writeString(value.topic);
            out.writeInt(value.partition);
        }
    }

    /**
     * Progress in one partition.
     *
     * @param committedOffset -1 where nothing was committed
     * @param memberId who consumes it, or null
     */
    public record GroupPartition(
            String topic,
            UUID topicId,
            int partition,
            long committedOffset,
            long endOffset,
            long lagMessages,
            long lagMs,
            String memberId) {
        static GroupPartition read(FieldReader in) {
            return new GroupPartition(
                    in.readText(),
                    in.readUuid(),
                    in.readInt(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readString());
        }

        static void writeTo(FieldWriter out, GroupPartition value) {
            out.writeString(value.topic);
            out.writeUuid(value.topicId);
            out.writeInt(value.partition);
            out.writeLong(value.committedOffset);
            out.writeLong(value.endOffset);
            out.writeLong(value.lagMessages);
            out.writeLong(value.lagMs);
            out.writeString(value.memberId);
        }
    }

    /**
     * Moves committed offsets, also backwards; the group must have no members.
     *
     * @param partitions empty for all of the topic
     * @param dryRun answer what would be, change nothing
     */
    public record ResetOffsets(
            String group, String topic, List<PartitionRef> partitions, StartPosition to, boolean dryRun)
            implements Frame {
        static ResetOffsets read(FieldReader in) {
            return new ResetOffsets(
                    in.readText(),
                    in.readText(),
                    in.readList(PartitionRef::read),
                    StartPosition.read(in),
                    in.readBoolean());
        }

        @Override
        public FrameType type() {
            return FrameType.RESET_OFFSETS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
            out.writeString(topic);
            out.writeList(partitions, PartitionRef::writeTo);
            to.write(out);
            out.writeBoolean(dryRun);
        }
    }

    /** Deletes a group that has no members, with its offsets. */
    public record DeleteGroup(String group) implements Frame {
        static DeleteGroup read(FieldReader in) {
            return new DeleteGroup(in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.DELETE_GROUP;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group);
        }
    }
}
