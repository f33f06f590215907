package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Who says that it works on a record: refused unless the member holds the partition with this epoch.
 *
 * @param replay the partition is one of the group's retry topic
 */
public record MemberClaim(
        String group, String memberId, int memberEpoch, int partitionId, long offset, boolean replay) {
    void encode(FieldWriter out) {
        out.writeString(group).writeString(memberId).writeInt(memberEpoch);
        out.writeInt(partitionId).writeLong(offset).writeBoolean(replay);
    }

    static MemberClaim decode(FieldReader in) {
        return new MemberClaim(
                in.readText(), in.readText(), in.readInt(), in.readInt(), in.readLong(), in.readBoolean());
    }

    int sizeBytes() {
        return CommandFields.sizeBytes(group, memberId);
    }
}
