package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.List;

/**
 * Keeps a member's session alive and tells which partitions it still works on.
 *
 * @param memberEpoch the epoch that the member was told last
 * @param owned ids of the partitions the member works on, or null for "as I was told"
 */
public record HeartbeatGroup(String group, String memberId, int memberEpoch, List<Integer> owned) implements Command {
    public static final byte TYPE = 21;
    public static final byte VERSION = 1;

    public HeartbeatGroup {
        owned = owned == null ? null : List.copyOf(owned);
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
        out.writeString(group).writeString(memberId).writeInt(memberEpoch).writeBoolean(owned != null);
        if (owned != null) {
            out.writeList(owned, FieldWriter::writeInt);
        }
    }

    public static HeartbeatGroup decode(byte version, FieldReader in) {
        CommandFields.requireVersion("HeartbeatGroup", version, VERSION);
        String group = in.readString();
        String memberId = in.readString();
        int memberEpoch = in.readInt();
        List<Integer> owned = in.readBoolean() ? in.readList(FieldReader::readInt) : null;
        return new HeartbeatGroup(group, memberId, memberEpoch, owned);
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(group, memberId) + (owned == null ? 0 : owned.size() * 4);
    }
}
