package dev.millrace.core.wire;

import java.util.List;
import java.util.UUID;

/** Frames of durable timers. */
public final class TimerFrames {
    private TimerFrames() {}

    /**
     * Schedules records for later, each by itself.
     *
     * @param producerId from INIT_PRODUCER
     * @param sequence greater than that of every request of this producer before; the same again changes nothing
     */
    public record Schedule(long producerId, long sequence, List<NewTimer> timers) implements Frame {
        static Schedule read(FieldReader in) {
            return new Schedule(in.readLong(), in.readLong(), in.readList(NewTimer::read));
        }

        @Override
        public FrameType type() {
            return FrameType.SCHEDULE;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeLong(producerId).writeLong(sequence).writeList(timers, NewTimer::writeTo);
        }
    }

    /**
     * The timers are on disk, but for those refused.
     *
     * @param duplicate true where an earlier try had scheduled them
     */
    public record Scheduled(boolean duplicate, List<OperationResult> results) implements Frame {
        static Scheduled read(FieldReader in) {
            return new Scheduled(in.readBoolean(), in.readList(OperationResult::read));
        }

        @Override
        public FrameType type() {
            return FrameType.SCHEDULED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeBoolean(duplicate).writeList(results, OperationResult::writeTo);
        }
    }

    /** Takes a pending timer back. */
    public record CancelTimer(TimerRef timer) implements Frame {
        static CancelTimer read(FieldReader in) {
            return new CancelTimer(TimerRef.read(in));
        }

        @Override
        public FrameType type() {
            return FrameType.CANCEL_TIMER;
        }

        @Override
        public void write(FieldWriter out) {
            TimerRef.writeTo(out, timer);
        }
    }

    /** @param found false where no such timer was pending */
    public record TimerCancelled(boolean found) implements Frame {
        static TimerCancelled read(FieldReader in) {
            return new TimerCancelled(in.readBoolean());
        }

        @Override
        public FrameType type() {
            return FrameType.TIMER_CANCELLED;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeBoolean(found);
        }
    }

    /**
     * Asks for pending timers in due order.
     *
     * @param topicId null for those of all topics
     * @param fromDueMs those due from here on
     * @param fromSequence of those due then, from here on
     */
    public record ListTimers(UUID topicId, long fromDueMs, long fromSequence, int countMax) implements Frame {
        static ListTimers read(FieldReader in) {
            UUID topicId = in.readUuid();
            return new ListTimers(topicId.equals(ALL) ? null : topicId, in.readLong(), in.readLong(), in.readInt());
        }

        private static final UUID ALL = new UUID(0, 0);

        @Override
        public FrameType type() {
            return FrameType.LIST_TIMERS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeUuid(topicId == null ? ALL : topicId);
            out.writeLong(fromDueMs).writeLong(fromSequence).writeInt(countMax);
        }
    }

    /**
     * A pending timer.
     *
     * @param topic its name, empty where it was deleted meanwhile
     * @param key null for none
     */
    public record TimerInfo(
            UUID topicId, String topic, int partition, long dueMs, long sequence, String key, int bytes) {
        static TimerInfo read(FieldReader in) {
            return new TimerInfo(
                    in.readUuid(),
                    in.readText(),
                    in.readInt(),
                    in.readLong(),
                    in.readLong(),
                    in.readString(),
                    in.readInt());
        }

        static void writeTo(FieldWriter out, TimerInfo value) {
            out.writeUuid(value.topicId).writeString(value.topic).writeInt(value.partition);
            out.writeLong(value.dueMs)
                    .writeLong(value.sequence)
                    .writeString(value.key)
                    .writeInt(value.bytes);
        }
    }

    /**
     * Pending timers.
     *
     * @param nextDueMs where to go on asking; -1 where there are no more
     */
    public record Timers(List<TimerInfo> timers, long nextDueMs, long nextSequence) implements Frame {
        static Timers read(FieldReader in) {
            return new Timers(in.readList(TimerInfo::read), in.readLong(), in.readLong());
        }

        @Override
        public FrameType type() {
            return FrameType.TIMERS;
        }

        @Override
        public void write(FieldWriter out) {
            out.writeList(timers, TimerInfo::writeTo).writeLong(nextDueMs).writeLong(nextSequence);
        }
    }
}
