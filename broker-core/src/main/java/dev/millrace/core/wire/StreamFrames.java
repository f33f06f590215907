package dev.millrace.core.wire;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/** Frames of event streams. */
public final class StreamFrames {
    private StreamFrames() {}

    /**
     * What an append expects of a stream.
     *
     * @param expected see {@link ExpectedVersion}
     */
    public record Check(byte[] key, long expected) {
        static Check read(FieldReader in) {
            return new Check(StreamFields.bytes(in), in.readLong());
        }

        static void writeTo(FieldWriter out, Check part) {
            StreamFields.writeBytes(out, part.key);
            out.writeLong(part.expected);
        }
    }

    /**
     * An expectation that did not hold.
     *
     * @param actualVersion -1 where the stream holds no event
     */
    public record FailedCheck(byte[] key, long expected, long actualVersion, boolean deleted) {
        static FailedCheck read(FieldReader in) {
            return new FailedCheck(StreamFields.bytes(in), in.readLong(), in.readLong(), in.readBoolean());
        }

        static void writeTo(FieldWriter out, FailedCheck part) {
            StreamFields.writeBytes(out, part.key);
            out.writeLong(part.expected);
            out.writeLong(part.actualVersion);
            out.writeBoolean(part.deleted);
        }
    }

    /** A header of an event; the value may be null. */
    public record Header(String name, byte[] value) {
        static Header read(FieldReader in) {
            return new Header(in.readText(), StreamFields.bytesOrNull(in));
        }

        static void writeTo(FieldWriter out, Header part) {
            out.writeString(part.name);
            StreamFields.writeBytes(out, part.value);
        }
    }

    /** An event; its version stands in its headers. */
    public record Event(long offset, long timestampMs, byte[] key, byte[] value, List<Header> headers) {
        static Event read(FieldReader in) {
            return new Event(
                    in.readLong(),
                    in.readLong(),
                    StreamFields.bytesOrNull(in),
                    StreamFields.bytesOrNull(in),
                    in.readList(Header::read));
        }

        static void writeTo(FieldWriter out, Event part) {
            out.writeLong(part.offset);
            out.writeLong(part.timestampMs);
            StreamFields.writeBytes(out, part.key);
            StreamFields.writeBytes(out, part.value);
            out.writeList(part.headers, Header::writeTo);
        }
    }

    /** A stream; see the broker's StreamOperations.StreamInfo. */
    public record StreamInfo(
            byte[] key,
            String state,
            long firstVersion,
            long lastVersion,
            long lastOffset,
            long lastTimestampMs,
            long countMax,
            long ageMsMax,
            long erasedMs,
            long purgedMs) {
        static StreamInfo read(FieldReader in) {
            return new StreamInfo(
                    StreamFields.bytes(in),
                    in.readText(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong());
        }

        static void writeTo(FieldWriter out, StreamInfo part) {
            StreamFields.writeBytes(out, part.key);
            out.writeString(part.state);
            out.writeLong(part.firstVersion);
            out.writeLong(part.lastVersion);
            out.writeLong(part.lastOffset);
            out.writeLong(part.lastTimestampMs);
            out.writeLong(part.countMax);
            out.writeLong(part.ageMsMax);
            out.writeLong(part.erasedMs);
            out.writeLong(part.purgedMs);
        }
    }

    /**
     * Up to when events count.
     *
     * @param kind 0 now, 1 a version, 2 a time in ms, 3 an offset
     */
    public record AsOf(byte kind, long value) {
        static AsOf read(FieldReader in) {
            return new AsOf(in.readByte(), in.readLong());
        }

        static void writeTo(FieldWriter out, AsOf part) {
            out.writeByte(part.kind);
            out.writeLong(part.value);
        }
    }

    /** Where a paged reading goes on; the first page has no key and -1. */
    public record Cursor(byte[] afterKey, long endOffset) {
        static Cursor read(FieldReader in) {
            return new Cursor(StreamFields.bytesOrNull(in), in.readLong());
        }

        static void writeTo(FieldWriter out, Cursor part) {
            StreamFields.writeBytes(out, part.afterKey);
            out.writeLong(part.endOffset);
        }
    }

    /**
     * Appends events to streams of one partition.
     *
     * @param failIfMatch of events after the offset; null for none
     * @param failIfExists null for none
     * @param payload one record batch; empty for a check alone
     */
    public record AppendEvents(
            UUID topicId,
            int partition,
            List<Check> checks,
            EventQuery failIfMatch,
            long afterOffset,
            EventQuery failIfExists,
            ByteBuffer payload)
            implements Frame {
        static AppendEvents read(FieldReader in) {
            return new AppendEvents(
                    in.readUuid(),
                    in.readInt(),
                    in.readList(Check::read),
                    EventQuery.read(in),
                    in.readLong(),
                    EventQuery.read(in),
                    in.readRest());
        }

        @Override
        public FrameType type() {
            return FrameType.APPEND_EVENTS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            out.writeList(checks, Check::writeTo);
            EventQuery.write(out, failIfMatch);
            out.writeLong(afterOffset);
            EventQuery.write(out, failIfExists);
        }
    }

    /**
     * How an append ended.
     *
     * @param status 0 written, 1 it had been before, 2 expectations did not hold, 3 the condition failed
     * @param versions of the events, in the order of the request
     * @param exists which clause of the condition failed
     * @param item which item of that clause, -1 for one that asks for everything
     * @param matches offsets of events that match
     */
    public record EventsAppended(
            byte status,
            long[] versions,
            long firstOffset,
            long lastOffset,
            long appendTimeMs,
            List<FailedCheck> failed,
            boolean exists,
            int item,
            long[] matches)
            implements Frame {
        static EventsAppended read(FieldReader in) {
            return new EventsAppended(
                    in.readByte(),
                    StreamFields.longs(in),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readList(FailedCheck::read),
                    in.readBoolean(),
                    in.readInt(),
                    StreamFields.longs(in));
        }

        @Override
        public FrameType type() {
            return FrameType.EVENTS_APPENDED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeByte(status);
            StreamFields.writeLongs(out, versions);
            out.writeLong(firstOffset);
            out.writeLong(lastOffset);
            out.writeLong(appendTimeMs);
            out.writeList(failed, FailedCheck::writeTo);
            out.writeBoolean(exists);
            out.writeInt(item);
            StreamFields.writeLongs(out, matches);
        }
    }

    /**
     * Reads a stream.
     *
     * @param from a version, -1 for the last
     */
    public record ReadStream(
            UUID topicId, int partition, byte[] key, long from, boolean backward, int countMax, int bytesMax, AsOf asOf)
            implements Frame {
        static ReadStream read(FieldReader in) {
            return new ReadStream(
                    in.readUuid(),
                    in.readInt(),
                    StreamFields.bytes(in),
                    in.readLong(),
                    in.readBoolean(),
                    in.readInt(),
                    in.readInt(),
                    AsOf.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.READ_STREAM;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
            out.writeLong(from);
            out.writeBoolean(backward);
            out.writeInt(countMax);
            out.writeInt(bytesMax);
            AsOf.writeTo(out, asOf);
        }
    }

    /**
     * Events of a stream, or the tail after a snapshot.
     *
     * @param snapshotVersion -1 for no snapshot
     */
    public record StreamEvents(
            List<Event> events,
            long firstVersion,
            long lastVersion,
            long readEnd,
            boolean complete,
            boolean truncated,
            long snapshotVersion,
            long snapshotTakenMs,
            byte[] snapshot)
            implements Frame {
        static StreamEvents read(FieldReader in) {
            return new StreamEvents(
                    in.readList(Event::read),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readBoolean(),
                    in.readBoolean(),
                    in.readLong(),
                    in.readLong(),
                    StreamFields.bytesOrNull(in));
        }

        @Override
        public FrameType type() {
            return FrameType.STREAM_EVENTS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(events, Event::writeTo);
            out.writeLong(firstVersion);
            out.writeLong(lastVersion);
            out.writeLong(readEnd);
            out.writeBoolean(complete);
            out.writeBoolean(truncated);
            out.writeLong(snapshotVersion);
            out.writeLong(snapshotTakenMs);
            StreamFields.writeBytes(out, snapshot);
        }
    }

    /** Asks for the newest snapshot of a schema and the events after it; answered by STREAM_EVENTS. */
    public record LoadStream(
            UUID topicId, int partition, byte[] key, String schema, long from, int countMax, int bytesMax, AsOf asOf)
            implements Frame {
        static LoadStream read(FieldReader in) {
            return new LoadStream(
                    in.readUuid(),
                    in.readInt(),
                    StreamFields.bytes(in),
                    in.readText(),
                    in.readLong(),
                    in.readInt(),
                    in.readInt(),
                    AsOf.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.LOAD_STREAM;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
            out.writeString(schema);
            out.writeLong(from);
            out.writeInt(countMax);
            out.writeInt(bytesMax);
            AsOf.writeTo(out, asOf);
        }
    }

    /** Keeps a snapshot. */
    public record PutSnapshot(UUID topicId, int partition, byte[] key, long version, String schema, byte[] state)
            implements Frame {
        static PutSnapshot read(FieldReader in) {
            return new PutSnapshot(
                    in.readUuid(),
                    in.readInt(),
                    StreamFields.bytes(in),
                    in.readLong(),
                    in.readText(),
                    StreamFields.bytes(in));
        }

        @Override
        public FrameType type() {
            return FrameType.PUT_SNAPSHOT;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
            out.writeLong(version);
            out.writeString(schema);
            StreamFields.writeBytes(out, state);
        }
    }

    /** Asks for the last event of each stream. */
    public record LatestEvents(UUID topicId, int partition, byte[] prefix, AsOf asOf, Cursor cursor, int countMax)
            implements Frame {
        static LatestEvents read(FieldReader in) {
            return new LatestEvents(
                    in.readUuid(), in.readInt(), StreamFields.bytes(in), AsOf.read(in), Cursor.read(in), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.LATEST_EVENTS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, prefix);
            AsOf.writeTo(out, asOf);
            Cursor.writeTo(out, cursor);
            out.writeInt(countMax);
        }
    }

    /**
     * A page of events, one a stream.
     *
     * @param more false after the last page
     */
    public record LatestPage(List<Event> events, boolean more, Cursor next) implements Frame {
        static LatestPage read(FieldReader in) {
            return new LatestPage(in.readList(Event::read), in.readBoolean(), Cursor.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.LATEST_PAGE;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(events, Event::writeTo);
            out.writeBoolean(more);
            Cursor.writeTo(out, next);
        }
    }

    /** Asks for the streams that hold events. */
    public record ListStreams(UUID topicId, int partition, byte[] prefix, Cursor cursor, int countMax)
            implements Frame {
        static ListStreams read(FieldReader in) {
            return new ListStreams(in.readUuid(), in.readInt(), StreamFields.bytes(in), Cursor.read(in), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.LIST_STREAMS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, prefix);
            Cursor.writeTo(out, cursor);
            out.writeInt(countMax);
        }
    }

    /**
     * A page of streams.
     *
     * @param more false after the last page
     */
    public record StreamsPage(List<StreamInfo> streams, boolean more, Cursor next) implements Frame {
        static StreamsPage read(FieldReader in) {
            return new StreamsPage(in.readList(StreamInfo::read), in.readBoolean(), Cursor.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.STREAMS_PAGE;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(streams, StreamInfo::writeTo);
            out.writeBoolean(more);
            Cursor.writeTo(out, next);
        }
    }

    /** Asks for one stream. */
    public record DescribeStream(UUID topicId, int partition, byte[] key) implements Frame {
        static DescribeStream read(FieldReader in) {
            return new DescribeStream(in.readUuid(), in.readInt(), StreamFields.bytes(in));
        }

        @Override
        public FrameType type() {
            return FrameType.DESCRIBE_STREAM;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
        }
    }

    /** Hides old events; -1 changes nothing. */
    public record LimitStream(UUID topicId, int partition, byte[] key, long before, long countMax, long ageMsMax)
            implements Frame {
        static LimitStream read(FieldReader in) {
            return new LimitStream(
                    in.readUuid(), in.readInt(), StreamFields.bytes(in), in.readLong(), in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.LIMIT_STREAM;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
            out.writeLong(before);
            out.writeLong(countMax);
            out.writeLong(ageMsMax);
        }
    }

    /** Deletes a stream, or ends it for good. */
    public record DeleteStream(UUID topicId, int partition, byte[] key, long expected, boolean forGood)
            implements Frame {
        static DeleteStream read(FieldReader in) {
            return new DeleteStream(
                    in.readUuid(), in.readInt(), StreamFields.bytes(in), in.readLong(), in.readBoolean());
        }

        @Override
        public FrameType type() {
            return FrameType.DELETE_STREAM;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
            out.writeLong(expected);
            out.writeBoolean(forGood);
        }
    }

    /** Erases events. */
    public record EraseEvents(UUID topicId, int partition, byte[] key, long fromVersion, long toVersion)
            implements Frame {
        static EraseEvents read(FieldReader in) {
            return new EraseEvents(in.readUuid(), in.readInt(), StreamFields.bytes(in), in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.ERASE_EVENTS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            StreamFields.writeBytes(out, key);
            out.writeLong(fromVersion);
            out.writeLong(toVersion);
        }
    }

    /** The stream asked for or changed. */
    public record Stream(StreamInfo stream) implements Frame {
        static Stream read(FieldReader in) {
            return new Stream(StreamInfo.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.STREAM;
        }

        @Override
        public void write(FieldWriter out) {
            StreamInfo.writeTo(out, stream);
        }
    }

    /** Asks for events that match. */
    public record FindEvents(UUID topicId, int partition, EventQuery query, long fromOffset, int countMax)
            implements Frame {
        static FindEvents read(FieldReader in) {
            return new FindEvents(in.readUuid(), in.readInt(), EventQuery.read(in), in.readLong(), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.FIND_EVENTS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            EventQuery.write(out, query);
            out.writeLong(fromOffset);
            out.writeInt(countMax);
        }
    }

    /**
     * Events that match.
     *
     * @param next the offset to go on from
     */
    public record EventsFound(List<Event> events, long next, long readEnd) implements Frame {
        static EventsFound read(FieldReader in) {
            return new EventsFound(in.readList(Event::read), in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.EVENTS_FOUND;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(events, Event::writeTo);
            out.writeLong(next);
            out.writeLong(readEnd);
        }
    }

    /**
     * As SUBSCRIBE, of records that pass a filter.
     *
     * @param key null for any
     * @param keyPrefix null for any
     * @param query null for any
     */
    public record SubscribeFiltered(
            UUID topicId,
            int partition,
            StartPosition start,
            int creditBytes,
            byte[] key,
            byte[] keyPrefix,
            EventQuery query)
            implements Frame {
        static SubscribeFiltered read(FieldReader in) {
            return new SubscribeFiltered(
                    in.readUuid(),
                    in.readInt(),
                    StartPosition.read(in),
                    in.readInt(),
                    StreamFields.bytesOrNull(in),
                    StreamFields.bytesOrNull(in),
                    EventQuery.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.SUBSCRIBE_FILTERED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId);
            out.writeInt(partition);
            start.write(out);
            out.writeInt(creditBytes);
            StreamFields.writeBytes(out, key);
            StreamFields.writeBytes(out, keyPrefix);
            EventQuery.write(out, query);
        }
    }

    /**
     * How far a filtered subscription is.
     *
     * @param signal 0 none, 1 caught up, 2 fell behind
     * @param nextOffset all before it was delivered or did not pass
     */
    public record Checkpoint(byte signal, long nextOffset, long endOffset) implements Frame {
        static Checkpoint read(FieldReader in) {
            return new Checkpoint(in.readByte(), in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.CHECKPOINT;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeByte(signal);
            out.writeLong(nextOffset);
            out.writeLong(endOffset);
        }
    }
}
