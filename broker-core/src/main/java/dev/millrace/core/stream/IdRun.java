package dev.millrace.core.stream;

import dev.millrace.core.stream.EventIds.Known;
import java.nio.ByteBuffer;

/**
 * The ids that one commit added to an epoch, as they are stored: in one row, in the order of the events.
 *
 * <pre>
 *  row    append time u64 │ believed time u64 │ group*
 *  group  partition u32 │ stream id u64 │ first offset u64 │ first version u64 │ count u32 │ (id 16 bytes │ fingerprint u64)*
 * </pre>
 *
 * A group is of one stream, offset and version grow by one from event to event. Thread: shard.
 */
final class IdRun {
    private static final int HEAD_BYTES = 16;
    private static final int GROUP_BYTES = 32;
    private static final int ENTRY_BYTES = 24;
    private static final int COUNT_AT = 28;

    /** The number of the first id within the epoch. */
    final int firstNumber;

    private ByteBuffer bytes;
    private int count;
    /** Where the group begins that may go on; -1 for none. */
    private int openGroup = -1;

    private IdRun(int firstNumber, ByteBuffer bytes) {
        this.firstNumber = firstNumber;
        this.bytes = bytes;
    }

    static IdRun begin(int firstNumber, long appendMs, long believedMs) {
        ByteBuffer bytes = ByteBuffer.allocate(256);
        return new IdRun(firstNumber, bytes.putLong(appendMs).putLong(believedMs));
    }

    static IdRun stored(int firstNumber, byte[] row) {
        ByteBuffer bytes = ByteBuffer.wrap(row).position(row.length);
        IdRun run = new IdRun(firstNumber, bytes);
        for (int group = HEAD_BYTES; group < row.length; group = run.endOf(group)) {
            run.count += bytes.getInt(group + COUNT_AT);
        }
        return run;
    }

    int count() {
        return count;
    }

    long believedMs() {
        return bytes.getLong(8);
    }

    byte[] row() {
        byte[] row = new byte[bytes.position()];
        bytes.get(0, row);
        return row;
    }

    void add(Event event, long offset, long streamId) {
        if (!goesOn(event, offset, streamId)) {
            reserve(GROUP_BYTES);
            openGroup = bytes.position();
            bytes.putInt(event.stream.partitionId())
                    .putLong(streamId)
                    .putLong(offset)
                    .putLong(event.version)
                    .putInt(0);
        }
        reserve(ENTRY_BYTES);
        bytes.putLong(event.idHigh).putLong(event.idLow).putLong(event.fingerprint);
        bytes.putInt(openGroup + COUNT_AT, bytes.getInt(openGroup + COUNT_AT) + 1);
        count++;
    }

    private boolean goesOn(Event event, long offset, long streamId) {
        if (openGroup < 0) {
            return false;
        }
        int inGroup = bytes.getInt(openGroup + COUNT_AT);
        return bytes.getInt(openGroup) == event.stream.partitionId()
                && bytes.getLong(openGroup + 4) == streamId
                && bytes.getLong(openGroup + 12) + inGroup == offset
                && bytes.getLong(openGroup + 20) + inGroup == event.version;
    }

    private void reserve(int more) {
        if (bytes.remaining() < more) {
            bytes = ByteBuffer.allocate(2 * bytes.capacity() + more).put(bytes.flip());
        }
    }

    private int endOf(int group) {
        return group + GROUP_BYTES + bytes.getInt(group + COUNT_AT) * ENTRY_BYTES;
    }

    /** What is told of this number where it is this id's; else null. */
    Known find(int number, int partitionId, long idHigh, long idLow) {
        int left = number - firstNumber;
        int group = HEAD_BYTES;
        while (left >= bytes.getInt(group + COUNT_AT)) {
            left -= bytes.getInt(group + COUNT_AT);
            group = endOf(group);
        }
        int entry = group + GROUP_BYTES + left * ENTRY_BYTES;
        boolean same = bytes.getInt(group) == partitionId
                && bytes.getLong(entry) == idHigh
                && bytes.getLong(entry + 8) == idLow;
        return same
                ? new Known(
                        bytes.getLong(0),
                        believedMs(),
                        bytes.getLong(group + 12) + left,
                        bytes.getLong(group + 20) + left,
                        bytes.getLong(group + 4),
                        bytes.getLong(entry + 16))
                : null;
    }

    /** Told of the ids in their order. */
    @FunctionalInterface
    interface IdVisitor {
        void visit(int partitionId, long idHigh, long idLow);
    }

    void visit(IdVisitor visitor) {
        for (int group = HEAD_BYTES; group < bytes.position(); group = endOf(group)) {
            for (int entry = group + GROUP_BYTES; entry < endOf(group); entry += ENTRY_BYTES) {
                visitor.visit(bytes.getInt(group), bytes.getLong(entry), bytes.getLong(entry + 8));
            }
        }
    }
}
