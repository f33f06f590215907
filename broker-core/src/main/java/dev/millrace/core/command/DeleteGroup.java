package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/** Removes a group without members, with its committed offsets. */
public record DeleteGroup(String group) implements Command {
    public static final byte TYPE = 25;
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
        out.writeString(group);
    }

    public static DeleteGroup decode(byte version, FieldReader in) {
        CommandFields.requireVersion("DeleteGroup", version, VERSION);
        return new DeleteGroup(in.readString());
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(group);
    }
}
