package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/** Deletes a topic, its log, and what groups committed for it. */
public record DeleteTopic(String name) implements Command {
    public static final byte TYPE = 5;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(name);
    }

    @Override
    public int sizeBytes() {
        return 64 + name.length();
    }

    static DeleteTopic decode(byte version, FieldReader in) {
        CommandFields.requireVersion("DeleteTopic", version, (byte) 1);
        return new DeleteTopic(in.readString());
    }
}
