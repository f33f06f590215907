package dev.millrace.core.wire;

import java.util.List;

/** What became of one operation. Each starts with a byte for its kind, which is never reused. */
public sealed interface OperationResult {
    byte APPENDED = 1;
    byte COMMITTED = 2;
    byte SCHEDULED = 3;
    byte CANCELLED = 4;
    byte REFUSED = 5;
    byte EVENTS_APPENDED = 6;

    /** @param baseOffset of the first record */
    record Appended(long baseOffset) implements OperationResult {}

    /** The group's offsets are stored. */
    record Committed() implements OperationResult {}

    /**
     * The timer is stored.
     *
     * @param sequence with {@code dueMs} its place among the pending timers
     * @param replaced whether it took the place of a timer with the same key
     */
    record Scheduled(long dueMs, long sequence, boolean replaced) implements OperationResult {}

    /** @param found false where no such timer was pending */
    record Cancelled(boolean found) implements OperationResult {}

    /**
     * Nothing was changed; only where operations are independent of each other.
     *
     * @param code the fault's number
     */
    record Refused(int code, String detail) implements OperationResult {}

    /**
     * Events are in their streams.
     *
     * @param firstOffset -1 where there was none to append
     * @param versions of the events, in their order
     * @param duplicate whether their ids had been appended before
     */
    record EventsAppended(long firstOffset, long lastOffset, List<Long> versions, boolean duplicate)
            implements OperationResult {}

    static OperationResult read(FieldReader in) {
        byte kind = in.readByte();
        return switch (kind) {
            case APPENDED -> new Appended(in.readLong());
            case COMMITTED -> new Committed();
            case SCHEDULED -> new Scheduled(in.readLong(), in.readLong(), in.readBoolean());
            case CANCELLED -> new Cancelled(in.readBoolean());
            case REFUSED -> new Refused(in.readShort() & 0xffff, in.readText());
            case EVENTS_APPENDED ->
                new EventsAppended(in.readLong(), in.readLong(), in.readList(FieldReader::readLong), in.readBoolean());
            default -> throw new MalformedFrameException("a result of kind " + kind + " is unknown");
        };
    }

    static void writeTo(FieldWriter out, OperationResult value) {
        if (value instanceof Appended appended) {
            out.writeByte(APPENDED).writeLong(appended.baseOffset);
        } else if (value instanceof Committed) {
            out.writeByte(COMMITTED);
        } else if (value instanceof Scheduled scheduled) {
            out.writeByte(SCHEDULED).writeLong(scheduled.dueMs).writeLong(scheduled.sequence);
            out.writeBoolean(scheduled.replaced);
        } else if (value instanceof Cancelled cancelled) {
            out.writeByte(CANCELLED).writeBoolean(cancelled.found);
        } else if (value instanceof Refused refused) {
            out.writeByte(REFUSED).writeShort(refused.code).writeString(refused.detail);
        } else if (value instanceof EventsAppended appended) {
            out.writeByte(EVENTS_APPENDED).writeLong(appended.firstOffset).writeLong(appended.lastOffset);
            out.writeList(appended.versions, FieldWriter::writeLong).writeBoolean(appended.duplicate);
        }
    }
}
