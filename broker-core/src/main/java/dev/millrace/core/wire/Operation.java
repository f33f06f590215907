package dev.millrace.core.wire;

import dev.millrace.core.wire.GroupFrames.PartitionOffset;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/**
 * One of the changes that a transaction makes together. Each starts with a byte for its kind, which is never reused.
 */
public sealed interface Operation {
    byte APPEND = 1;
    byte COMMIT_OFFSETS = 2;
    byte SCHEDULE = 3;
    byte CANCEL_TIMER = 4;
    byte APPEND_EVENTS = 5;

    /** Appends record batches to one partition; none of them of an idempotent producer. */
    record Append(UUID topicId, int partition, ByteBuffer batches) implements Operation {
        @Override
        public int sizeBytes() {
            return 64 + batches.remaining();
        }
    }

    /**
     * Commits how far a group has read, all of it or nothing.
     *
     * @param memberId empty for a commit from outside of the group
     * @param memberEpoch the epoch that the member was told last
     */
    record CommitOffsets(String group, String memberId, int memberEpoch, List<PartitionOffset> offsets)
            implements Operation {
        @Override
        public int sizeBytes() {
            int bytes = 64 + 3 * (group.length() + memberId.length());
            for (PartitionOffset offset : offsets) {
                bytes += 64
                        + (offset.metadata() == null ? 0 : 3 * offset.metadata().length());
            }
            return bytes;
        }
    }

    /** Schedules a record for later. */
    record Schedule(NewTimer timer) implements Operation {
        @Override
        public int sizeBytes() {
            return timer.sizeBytes();
        }
    }

    /** Takes a pending timer back; does nothing where there is none. */
    record CancelTimer(TimerRef timer) implements Operation {
        @Override
        public int sizeBytes() {
            return 64 + (timer.key() == null ? 0 : 3 * timer.key().length());
        }
    }

    /**
     * Appends events to streams of one partition, if the streams were as expected before the transaction.
     *
     * @param events one batch, or nothing for the checks alone
     */
    record AppendEvents(UUID topicId, int partition, List<StreamFrames.Check> checks, ByteBuffer events)
            implements Operation {
        @Override
        public int sizeBytes() {
            int bytes = 64 + events.remaining();
            for (StreamFrames.Check check : checks) {
                bytes += 64 + check.key().length;
            }
            return bytes;
        }
    }

    /** What it takes in memory, about. */
    int sizeBytes();

    static Operation read(FieldReader in) {
        byte kind = in.readByte();
        return switch (kind) {
            case APPEND -> readAppend(in);
            case COMMIT_OFFSETS ->
                new CommitOffsets(in.readText(), in.readText(), in.readInt(), in.readList(PartitionOffset::read));
            case SCHEDULE -> new Schedule(NewTimer.read(in));
            case CANCEL_TIMER -> new CancelTimer(TimerRef.read(in));
            case APPEND_EVENTS -> readAppendEvents(in);
            default -> throw new MalformedFrameException("an operation of kind " + kind + " is unknown");
        };
    }

    private static Append readAppend(FieldReader in) {
        UUID topicId = in.readUuid();
        int partition = in.readInt();
        ByteBuffer batches = in.readBytes();
        if (batches == null) {
            throw new MalformedFrameException("an append without a batch");
        }
        return new Append(topicId, partition, batches);
    }

    private static AppendEvents readAppendEvents(FieldReader in) {
        UUID topicId = in.readUuid();
        int partition = in.readInt();
        List<StreamFrames.Check> checks = in.readList(StreamFrames.Check::read);
        ByteBuffer events = in.readBytes();
        return new AppendEvents(topicId, partition, checks, events == null ? ByteBuffer.allocate(0) : events);
    }

    static void writeTo(FieldWriter out, Operation value) {
        if (value instanceof Append append) {
            out.writeByte(APPEND)
                    .writeUuid(append.topicId)
                    .writeInt(append.partition)
                    .writeBytes(append.batches);
        } else if (value instanceof CommitOffsets commit) {
            out.writeByte(COMMIT_OFFSETS).writeString(commit.group).writeString(commit.memberId);
            out.writeInt(commit.memberEpoch).writeList(commit.offsets, PartitionOffset::writeTo);
        } else if (value instanceof Schedule schedule) {
            NewTimer.writeTo(out.writeByte(SCHEDULE), schedule.timer);
        } else if (value instanceof CancelTimer cancel) {
            TimerRef.writeTo(out.writeByte(CANCEL_TIMER), cancel.timer);
        } else if (value instanceof AppendEvents append) {
            out.writeByte(APPEND_EVENTS).writeUuid(append.topicId).writeInt(append.partition);
            out.writeList(append.checks, StreamFrames.Check::writeTo).writeBytes(append.events);
        }
    }
}
