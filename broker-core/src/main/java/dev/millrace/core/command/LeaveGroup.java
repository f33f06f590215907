package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Ends a membership.
 *
 * @param keepStatic a static member keeps its partitions until its session times out, so that a restart moves nothing
 */
public record LeaveGroup(String group, String memberId, boolean keepStatic) implements Command {
    public static final byte TYPE = 22;
    public static final byte VERSION = 1;

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
        out.writeString(group).writeString(memberId).writeBoolean(keepStatic);
    }

    public static LeaveGroup decode(byte version, FieldReader in) {
        CommandFields.requireVersion("LeaveGroup", version, VERSION);
        return new LeaveGroup(in.readString(), in.readString(), in.readBoolean());
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(group, memberId);
    }
}
