package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.List;

/**
 * Gives dead letters up: they are not replayed any more, and their keys go on.
 *
 * @param note who and why, kept with each
 */
public record DiscardDeadLetters(String group, List<Entry> entries, String note) implements Command {
    public static final byte TYPE = 84;

    /** The source record of a dead letter. */
    public record Entry(int partitionId, long offset) {}

    public DiscardDeadLetters {
        entries = List.copyOf(entries);
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(group);
        out.writeList(entries, (o, e) -> o.writeInt(e.partitionId).writeLong(e.offset));
        out.writeString(note);
    }

    public static DiscardDeadLetters decode(byte version, FieldReader in) {
        CommandFields.requireVersion("DiscardDeadLetters", version, (byte) 1);
        return new DiscardDeadLetters(
                in.readText(), in.readList(r -> new Entry(r.readInt(), r.readLong())), in.readText());
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(group, note) + 16 * entries.size();
    }
}
