package dev.millrace.core.wire;

import dev.millrace.core.wire.GroupFrames.PartitionRef;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/** Frames of retry and dead letters. */
public final class DeadLetterFrames {
    /** Values of {@link DeliveryBegun#verdict}. */
    public static final int HANDLE = 0;

    public static final int DONE = 1;
    public static final int BLOCKED = 2;

    /** Values of {@link RecordParked#outcome}; {@link #DONE} is one, too. */
    public static final int PARKED = 0;

    public static final int QUEUED = 2;
    public static final int FREE = 3;

    private DeadLetterFrames() {}

    /** Asks what a member has to know of partitions that it got. */
    public record FetchDeliveryState(String group, List<PartitionRef> partitions) implements Frame {
        static FetchDeliveryState read(FieldReader in) {
            return new FetchDeliveryState(in.readText(), in.readList(PartitionRef::read));
        }

        @Override
        public FrameType type() {
            return FrameType.FETCH_DELIVERY_STATE;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeString(group).writeList(partitions, PartitionRef::writeTo);
        }
    }

    /** The state of each partition, in the order asked. */
    public record DeliveryStates(List<DeliveryState> states) implements Frame {
        static DeliveryStates read(FieldReader in) {
            return new DeliveryStates(in.readList(DeliveryState::read));
        }

        @Override
        public FrameType type() {
            return FrameType.DELIVERY_STATES;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(states, DeliveryState::writeTo);
        }
    }

    /**
     * What a member has to know of a partition.
     *
     * @param askBelow BEGIN_DELIVERY first for records before this offset
     * @param parkedKeys and for records whose key has one of these hashes
     */
    public record DeliveryState(UUID topicId, int partition, long askBelow, List<Long> parkedKeys) {
        static DeliveryState read(FieldReader in) {
            return new DeliveryState(in.readUuid(), in.readInt(), in.readLong(), in.readList(FieldReader::readLong));
        }

        static void writeTo(FieldWriter out, DeliveryState value) {
            out.writeUuid(value.topicId).writeInt(value.partition).writeLong(value.askBelow);
            out.writeList(value.parkedKeys, FieldWriter::writeLong);
        }
    }

    /** A member, and the record that it works on. */
    public record Claim(String group, String memberId, int memberEpoch, UUID topicId, int partition, long offset) {
        static Claim read(FieldReader in) {
            return new Claim(in.readText(), in.readText(), in.readInt(), in.readUuid(), in.readInt(), in.readLong());
        }

        static void writeTo(FieldWriter out, Claim value) {
            out.writeString(value.group).writeString(value.memberId).writeInt(value.memberEpoch);
            out.writeUuid(value.topicId).writeInt(value.partition).writeLong(value.offset);
        }
    }

    /**
     * Asks whether a record is to be handled now; the broker notes the attempt.
     *
     * @param keyHash 0 where the record's key parks nothing
     * @param attemptsKnown how often the member has tried already
     * @param firstFailureMs when the first of these failed, or -1
     */
    public record BeginDelivery(Claim claim, long keyHash, int attemptsKnown, long firstFailureMs) implements Frame {
        static BeginDelivery read(FieldReader in) {
            return new BeginDelivery(Claim.read(in), in.readLong(), in.readInt(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.BEGIN_DELIVERY;
        }

        @Override
        public void write(FieldWriter out) {
            Claim.writeTo(out, claim);
            out.writeLong(keyHash).writeInt(attemptsKnown).writeLong(firstFailureMs);
        }
    }

    /**
     * What to do with the record.
     *
     * @param verdict {@link #HANDLE}, {@link #DONE} or {@link #BLOCKED}
     * @param attempts begun before this one
     * @param firstFailureMs when the first of these failed, or -1
     */
    public record DeliveryBegun(int verdict, int attempts, long firstFailureMs) implements Frame {
        static DeliveryBegun read(FieldReader in) {
            return new DeliveryBegun(in.readByte(), in.readInt(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.DELIVERY_BEGUN;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeByte(verdict).writeInt(attempts).writeLong(firstFailureMs);
        }
    }

    /**
     * Says that a handler failed at a record and that the member will try again; answered by DONE.
     *
     * @param attempts so far
     * @param attemptsMax of how many
     * @param firstFailureMs when the first of them failed
     * @param error exception and message
     * @param retryInMs until the next attempt
     */
    public record NoteFailure(
            Claim claim, int attempts, int attemptsMax, long firstFailureMs, String error, long retryInMs)
            implements Frame {
        static NoteFailure read(FieldReader in) {
            return new NoteFailure(
                    Claim.read(in), in.readInt(), in.readInt(), in.readLong(), in.readText(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.NOTE_FAILURE;
        }

        @Override
        public void write(FieldWriter out) {
            Claim.writeTo(out, claim);
            out.writeInt(attempts).writeInt(attemptsMax).writeLong(firstFailureMs);
            out.writeString(error).writeLong(retryInMs);
        }
    }

    /**
     * Moves a record to the dead letters of the group.
     *
     * @param target the dead-letter topic, or null for the source topic's name with ".dlq"
     * @param parkKey later records of its key are parked as well
     * @param exception a class, or empty
     */
    public record ParkRecord(
            Claim claim,
            String target,
            boolean parkKey,
            String reason,
            String exception,
            String message,
            int attempts,
            long firstFailureMs,
            long lastFailureMs)
            implements Frame {
        static ParkRecord read(FieldReader in) {
            return new ParkRecord(
                    Claim.read(in),
                    in.readString(),
                    in.readBoolean(),
                    in.readText(),
                    in.readText(),
                    in.readText(),
                    in.readInt(),
                    in.readLong(),
                    in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.PARK_RECORD;
        }

        @Override
        public void write(FieldWriter out) {
            Claim.writeTo(out, claim);
            out.writeString(target).writeBoolean(parkKey);
            out.writeString(reason).writeString(exception).writeString(message);
            out.writeInt(attempts).writeLong(firstFailureMs).writeLong(lastFailureMs);
        }
    }

    /**
     * What became of the record.
     *
     * @param outcome {@link #PARKED}, {@link #DONE}, {@link #QUEUED} or {@link #FREE}
     * @param offset of the dead letter, or -1
     */
    public record RecordParked(int outcome, String topic, int partition, long offset) implements Frame {
        static RecordParked read(FieldReader in) {
            return new RecordParked(in.readByte(), in.readText(), in.readInt(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.RECORD_PARKED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeByte(outcome).writeString(topic).writeInt(partition).writeLong(offset);
        }
    }

    /** Says that a record of the retry topic was handled; answered by DONE. */
    public record SettleReplay(Claim claim) implements Frame {
        static SettleReplay read(FieldReader in) {
            return new SettleReplay(Claim.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.SETTLE_REPLAY;
        }

        @Override
        public void write(FieldWriter out) {
            Claim.writeTo(out, claim);
        }
    }

    /** The place of a source record, or of its copy. */
    public record Place(String topic, int partition, long offset) {
        static Place read(FieldReader in) {
            return new Place(in.readText(), in.readInt(), in.readLong());
        }

        static void writeTo(FieldWriter out, Place value) {
            out.writeString(value.topic).writeInt(value.partition).writeLong(value.offset);
        }
    }

    /**
     * Which dead letters.
     *
     * @param group null for all, in a list only
     * @param topic the source topic, or null for all
     * @param hasKey whether {@code key} chooses
     * @param places empty for all
     */
    public record Selection(String group, String topic, boolean hasKey, ByteBuffer key, List<Place> places) {
        static Selection read(FieldReader in) {
            return new Selection(
                    in.readString(), in.readString(), in.readBoolean(), in.readBytes(), in.readList(Place::read));
        }

        static void writeTo(FieldWriter out, Selection value) {
            out.writeString(value.group).writeString(value.topic).writeBoolean(value.hasKey);
            out.writeBytes(value.key).writeList(value.places, Place::writeTo);
        }
    }

    /**
     * Asks for dead letters, by group, source topic, partition and offset.
     *
     * @param ended also those that were handled or discarded
     * @param withRecords with their copies, 100 at most
     */
    public record ListDeadLetters(Selection selection, int skip, int countMax, boolean ended, boolean withRecords)
            implements Frame {
        static ListDeadLetters read(FieldReader in) {
            return new ListDeadLetters(
                    Selection.read(in), in.readInt(), in.readInt(), in.readBoolean(), in.readBoolean());
        }

        @Override
        public FrameType type() {
            return FrameType.LIST_DEAD_LETTERS;
        }

        @Override
        public void write(FieldWriter out) {
            Selection.writeTo(out, selection);
            out.writeInt(skip).writeInt(countMax).writeBoolean(ended).writeBoolean(withRecords);
        }
    }

    /** A page of dead letters, and how many there are in all. */
    public record DeadLetters(int total, List<DeadLetter> letters) implements Frame {
        static DeadLetters read(FieldReader in) {
            return new DeadLetters(in.readInt(), in.readList(DeadLetter::read));
        }

        @Override
        public FrameType type() {
            return FrameType.DEAD_LETTERS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeInt(total).writeList(letters, DeadLetter::writeTo);
        }
    }

    /**
     * A dead letter.
     *
     * @param state parked, replaying, handled or discarded
     * @param key the beginning of it, empty where there is none
     * @param copy where it lies; its topic is empty where there is no copy
     * @param batch the copy as a batch of one record; empty where it was not asked for or is gone
     */
    public record DeadLetter(
            String group,
            Place source,
            String state,
            ByteBuffer key,
            String reason,
            String summary,
            int attempts,
            long firstFailureMs,
            long lastFailureMs,
            Place copy,
            long changedMs,
            String note,
            ByteBuffer batch) {
        static DeadLetter read(FieldReader in) {
            return new DeadLetter(
                    in.readText(),
                    Place.read(in),
                    in.readText(),
                    in.readBytes(),
                    in.readText(),
                    in.readText(),
                    in.readInt(),
                    in.readLong(),
                    in.readLong(),
                    Place.read(in),
                    in.readLong(),
                    in.readText(),
                    in.readBytes());
        }

        static void writeTo(FieldWriter out, DeadLetter value) {
            out.writeString(value.group);
            Place.writeTo(out, value.source);
            out.writeString(value.state).writeBytes(value.key);
            out.writeString(value.reason).writeString(value.summary).writeInt(value.attempts);
            out.writeLong(value.firstFailureMs).writeLong(value.lastFailureMs);
            Place.writeTo(out, value.copy);
            out.writeLong(value.changedMs).writeString(value.note).writeBytes(value.batch);
        }
    }

    /**
     * Sends parked records back to their group, or gives them up.
     *
     * @param discard gives up instead
     * @param note who, and why; kept with each
     * @param value of the one that is named and sent back; null to leave it as it is
     */
    public record MoveDeadLetters(Selection selection, boolean discard, String note, ByteBuffer value)
            implements Frame {
        static MoveDeadLetters read(FieldReader in) {
            return new MoveDeadLetters(Selection.read(in), in.readBoolean(), in.readText(), in.readBytes());
        }

        @Override
        public FrameType type() {
            return FrameType.MOVE_DEAD_LETTERS;
        }

        @Override
        public void write(FieldWriter out) {
            Selection.writeTo(out, selection);
            out.writeBoolean(discard).writeString(note).writeBytes(value);
        }
    }

    /** How many were moved, and the first hundred that were not. */
    public record DeadLettersMoved(int count, int skippedCount, List<Skipped> skipped) implements Frame {
        static DeadLettersMoved read(FieldReader in) {
            return new DeadLettersMoved(in.readInt(), in.readInt(), in.readList(Skipped::read));
        }

        @Override
        public FrameType type() {
            return FrameType.DEAD_LETTERS_MOVED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeInt(count).writeInt(skippedCount).writeList(skipped, Skipped::writeTo);
        }
    }

    /** A dead letter that was left alone, and why. */
    public record Skipped(Place source, String reason) {
        static Skipped read(FieldReader in) {
            return new Skipped(Place.read(in), in.readText());
        }

        static void writeTo(FieldWriter out, Skipped value) {
            Place.writeTo(out, value.source);
            out.writeString(value.reason);
        }
    }
}
