package dev.millrace.core.wire;

import java.util.List;
import java.util.UUID;

/** Frames of topics and their logs. */
public final class TopicFrames {
    private TopicFrames() {}

    /**
     * Creates a topic.
     *
     * @param partitions 0 for the broker's default
     */
    public record CreateTopic(String name, int partitions, List<Property> settings) implements Frame {
        static CreateTopic read(FieldReader in) {
            return new CreateTopic(in.readText(), in.readInt(), in.readList(Property::read));
        }

        @Override
        public FrameType type() {
            return FrameType.CREATE_TOPIC;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(name);
            out.writeInt(partitions);
            out.writeList(settings, Property::writeTo);
        }
    }

    /**
     * Asks for the topics that match.
     *
     * @param pattern a name or wildcard; {@code >} for all
     */
    public record ListTopics(String pattern) implements Frame {
        static ListTopics read(FieldReader in) {
            return new ListTopics(in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.LIST_TOPICS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(pattern);
        }
    }

    /** Topics, by name. */
    public record Topics(List<TopicInfo> topics) implements Frame {
        static Topics read(FieldReader in) {
            return new Topics(in.readList(TopicInfo::read));
        }

        @Override
        public FrameType type() {
            return FrameType.TOPICS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(topics, TopicInfo::writeTo);
        }
    }

    /** Asks for one topic in full. */
    public record DescribeTopic(String name) implements Frame {
        static DescribeTopic read(FieldReader in) {
            return new DescribeTopic(in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.DESCRIBE_TOPIC;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(name);
        }
    }

    /** A topic. */
    public record TopicInfo(String name, UUID topicId, List<Property> settings, List<PartitionInfo> partitions) {
        static TopicInfo read(FieldReader in) {
            return new TopicInfo(
                    in.readText(), in.readUuid(), in.readList(Property::read), in.readList(PartitionInfo::read));
        }

        static void writeTo(FieldWriter out, TopicInfo value) {
            out.writeString(value.name);
            out.writeUuid(value.topicId);
            out.writeList(value.settings, Property::writeTo);
            out.writeList(value.partitions, PartitionInfo::writeTo);
        }
    }

    /**
     * The bounds of a partition.
     *
     * @param endOffset one past the last durable record
     */
    public record PartitionInfo(int partition, long logStartOffset, long endOffset, long bytes) {
        static PartitionInfo read(FieldReader in) {
            return new PartitionInfo(in.readInt(), in.readLong(), in.readLong(), in.readLong());
        }

        static void writeTo(FieldWriter out, PartitionInfo value) {
            out.writeInt(value.partition);
            out.writeLong(value.logStartOffset);
            out.writeLong(value.endOffset);
            out.writeLong(value.bytes);
        }
    }

    /** The topic asked for, created or altered. */
    public record Topic(TopicInfo topic) implements Frame {
        static Topic read(FieldReader in) {
            return new Topic(TopicInfo.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.TOPIC;
        }

        @Override
        public void write(FieldWriter out) {
            TopicInfo.writeTo(out, topic);
        }
    }

    /**
     * Changes settings and adds partitions.
     *
     * @param partitions the new count, or 0 to leave it
     * @param settings a null value goes back to the default
     */
    public record AlterTopic(String name, int partitions, List<Property> settings) implements Frame {
        static AlterTopic read(FieldReader in) {
            return new AlterTopic(in.readText(), in.readInt(), in.readList(Property::read));
        }

        @Override
        public FrameType type() {
            return FrameType.ALTER_TOPIC;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(name);
            out.writeInt(partitions);
            out.writeList(settings, Property::writeTo);
        }
    }

    /** Deletes a topic with its records and committed offsets. */
    public record DeleteTopic(String name) implements Frame {
        static DeleteTopic read(FieldReader in) {
            return new DeleteTopic(in.readText());
        }

        @Override
        public FrameType type() {
            return FrameType.DELETE_TOPIC;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(name);
        }
    }

    /** Asks for the offset at a position. */
    public record FindOffset(UUID topicId, int partition, StartPosition position) implements Frame {
        static FindOffset read(FieldReader in) {
            return new FindOffset(in.readUuid(), in.readInt(), StartPosition.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.FIND_OFFSET;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            position.write(out);
        }
    }

    /**
     * The answer.
     *
     * @param offset the end offset where no record is that new
     * @param timestampMs of the record at the offset, or -1
     */
    public record OffsetFound(long offset, long timestampMs) implements Frame {
        static OffsetFound read(FieldReader in) {
            return new OffsetFound(in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.OFFSET_FOUND;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(offset);
            out.writeLong(timestampMs);
        }
    }

    /** Moves the log start up to an offset; records before it are gone. */
    public record DeleteBefore(UUID topicId, int partition, long offset) implements Frame {
        static DeleteBefore read(FieldReader in) {
            return new DeleteBefore(in.readUuid(), in.readInt(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.DELETE_BEFORE;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            out.writeLong(offset);
        }
    }
}
