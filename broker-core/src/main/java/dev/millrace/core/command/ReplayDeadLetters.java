package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Sends dead letters back to the group that failed at them, by its retry topic.
 *
 * @param who asked for it, for people
 */
public record ReplayDeadLetters(String group, List<Entry> entries, String who) implements Command {
    public static final byte TYPE = 83;

    /**
     * One dead letter.
     *
     * @param partitionId of the source record, with {@code offset}
     * @param deadLetterOffset where the copy was read
     * @param batch the copy as a batch of one record; writable
     */
    public record Entry(int partitionId, long offset, long deadLetterOffset, ByteBuffer batch) {}

    public ReplayDeadLetters {
        entries = List.copyOf(entries);
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(group);
        out.writeList(
                entries,
                (o, e) -> o.writeInt(e.partitionId)
                        .writeLong(e.offset)
                        .writeLong(e.deadLetterOffset)
                        .writeBytes(e.batch));
        out.writeString(who);
    }

    public static ReplayDeadLetters decode(byte version, FieldReader in) {
        CommandFields.requireVersion("ReplayDeadLetters", version, (byte) 1);
        return new ReplayDeadLetters(
                in.readText(),
                in.readList(r -> new Entry(r.readInt(), r.readLong(), r.readLong(), CommandFields.copy(r.readBytes()))),
                in.readText());
    }

    @Override
    public int sizeBytes() {
        int bytes = CommandFields.sizeBytes(group, who);
        for (Entry entry : entries) {
            bytes += entry.batch.remaining() + 64;
        }
        return bytes;
    }
}
