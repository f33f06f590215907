package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.List;

/** Moves the committed offsets of a group without members, backwards too. Offsets were resolved by the proposer. */
public record ResetOffsets(String group, List<Entry> entries) implements Command {
    public static final byte TYPE = 24;
    public static final byte VERSION = 1;

    /** The offset of the next record that the group is to read in one partition. */
    public record Entry(int partitionId, long offset) {}

    public ResetOffsets {
        entries = List.copyOf(entries);
    }

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public byte version() {
        return VERSION;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(group);
        out.writeList(entries, (o, entry) -> o.writeInt(entry.partitionId).writeLong(entry.offset));
    }

    public static ResetOffsets decode(byte version, FieldReader in) {
        CommandFields.requireVersion("ResetOffsets", version, VERSION);
        return new ResetOffsets(in.readString(), in.readList(r -> new Entry(r.readInt(), r.readLong())));
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(group) + entries.size() * 16;
    }
}
