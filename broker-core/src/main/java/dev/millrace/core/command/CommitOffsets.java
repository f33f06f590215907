package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.List;

/**
 * Stores how far a group has read.
 *
 * @param memberId the member that commits, or empty for a commit from outside of the group
 * @param memberEpoch the epoch that the member was told last; without meaning for a commit from outside
 */
public record CommitOffsets(String group, String memberId, int memberEpoch, List<Entry> entries) implements Command {
    public static final byte TYPE = 23;
    public static final byte VERSION = 1;

    /**
     * One partition's position.
     *
     * @param offset the offset of the next record to read
     * @param leaderEpoch of the last record read, or -1
     * @param metadata free text of the consumer, empty for none
     */
    public record Entry(int partitionId, long offset, int leaderEpoch, String metadata) {}

    public CommitOffsets {
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
        out.writeString(group).writeString(memberId).writeInt(memberEpoch);
        out.writeList(
                entries,
                (o, entry) -> o.writeInt(entry.partitionId)
                        .writeLong(entry.offset)
                        .writeInt(entry.leaderEpoch)
                        .writeString(entry.metadata));
    }

    public static CommitOffsets decode(byte version, FieldReader in) {
        CommandFields.requireVersion("CommitOffsets", version, VERSION);
        return new CommitOffsets(
                in.readString(), in.readString(), in.readInt(), in.readList(CommitOffsets::decodeEntry));
    }

    private static Entry decodeEntry(FieldReader in) {
        return new Entry(in.readInt(), in.readLong(), in.readInt(), in.readString());
    }

    @Override
    public int sizeBytes() {
        int bytes = CommandFields.sizeBytes(group, memberId);
        for (Entry entry : entries) {
            bytes += CommandFields.sizeBytes(entry.metadata);
        }
        return bytes;
    }
}
