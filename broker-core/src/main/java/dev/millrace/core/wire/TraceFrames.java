package dev.millrace.core.wire;

import java.util.List;

/** Frames of what belongs together. */
public final class TraceFrames {
    private TraceFrames() {}

    /** Asks for the records of all topics that bear an id; see the broker's TraceOperations. */
    public record FindCorrelated(String id, Place from, int countMax) implements Frame {
        static FindCorrelated read(FieldReader in) {
            return new FindCorrelated(in.readText(), Place.read(in), in.readInt());
        }

        @Override
        public FrameType type() {
            return FrameType.FIND_CORRELATED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(id);
            Place.writeTo(out, from);
            out.writeInt(countMax);
        }
    }

    /** A record's place. */
    public record Place(String topic, int partition, long offset) {
        static Place read(FieldReader in) {
            return new Place(in.readText(), in.readInt(), in.readLong());
        }

        static void writeTo(FieldWriter out, Place part) {
            out.writeString(part.topic).writeInt(part.partition).writeLong(part.offset);
        }
    }

    /** A record without its value; -1 bytes for no value. */
    public record Found(Place place, long timestampMs, byte[] key, int valueBytes, List<StreamFrames.Header> headers) {
        static Found read(FieldReader in) {
            return new Found(
                    Place.read(in),
                    in.readLong(),
                    StreamFields.bytesOrNull(in),
                    in.readInt(),
                    in.readList(StreamFrames.Header::read));
        }

        static void writeTo(FieldWriter out, Found part) {
            Place.writeTo(out, part.place);
            out.writeLong(part.timestampMs);
            StreamFields.writeBytes(out, part.key);
            out.writeInt(part.valueBytes);
            out.writeList(part.headers, StreamFrames.Header::writeTo);
        }
    }

    /**
     * By topic, partition and offset.
     *
     * @param more whether to ask again
     * @param next from where, if so
     */
    public record Correlated(List<Found> found, boolean more, Place next) implements Frame {
        static Correlated read(FieldReader in) {
            return new Correlated(in.readList(Found::read), in.readBoolean(), Place.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.CORRELATED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(found, Found::writeTo).writeBoolean(more);
            Place.writeTo(out, next);
        }
    }

    /** Asks for attempts at records that are under way; see the broker's TraceOperations. */
    public record FindRetries(List<Asked> records) implements Frame {
        static FindRetries read(FieldReader in) {
            return new FindRetries(in.readList(Asked::read));
        }

        @Override
        public FrameType type() {
            return FrameType.FIND_RETRIES;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(records, Asked::writeTo);
        }
    }

    /** @param keyHash of the record's key, 0 for none */
    public record Asked(Place place, long keyHash) {
        static Asked read(FieldReader in) {
            return new Asked(Place.read(in), in.readLong());
        }

        static void writeTo(FieldWriter out, Asked part) {
            Place.writeTo(out, part.place);
            out.writeLong(part.keyHash);
        }
    }

    /**
     * By record and group.
     *
     * @param looked of so many of the records, from the first on, this tells
     */
    public record Retries(int looked, List<Retry> retries) implements Frame {
        static Retries read(FieldReader in) {
            return new Retries(in.readInt(), in.readList(Retry::read));
        }

        @Override
        public FrameType type() {
            return FrameType.RETRIES;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeInt(looked).writeList(retries, Retry::writeTo);
        }
    }

    /**
     * How far a group is with a record.
     *
     * @param attemptsMax 0 where it is not known
     * @param lastError empty where it is not known
     * @param lastFailureMs -1 where it is not known
     * @param nextTryMs -1 where none is due, or where it is not known
     * @param keyParked an earlier record of its key is parked or on its way back
     */
    public record Retry(
            Place place,
            String group,
            int attempts,
            int attemptsMax,
            String lastError,
            long lastFailureMs,
            long nextTryMs,
            boolean keyParked) {
        static Retry read(FieldReader in) {
            return new Retry(
                    Place.read(in),
                    in.readText(),
                    in.readInt(),
                    in.readInt(),
                    in.readText(),
                    in.readLong(),
                    in.readLong(),
                    in.readBoolean());
        }

        static void writeTo(FieldWriter out, Retry part) {
            Place.writeTo(out, part.place);
            out.writeString(part.group).writeInt(part.attempts).writeInt(part.attemptsMax);
            out.writeString(part.lastError).writeLong(part.lastFailureMs).writeLong(part.nextTryMs);
            out.writeBoolean(part.keyParked);
        }
    }
}
