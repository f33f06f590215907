package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/** Appends the records whose time has come by the batch's stamp, in due order, as far as these limits go. */
public record FireTimers(int countMax, int bytesMax) implements Command {
    public static final byte TYPE = 64;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeInt(countMax).writeInt(bytesMax);
    }

    @Override
    public int sizeBytes() {
        return 64;
    }

    static FireTimers decode(byte version, FieldReader in) {
        CommandFields.requireVersion("FireTimers", version, (byte) 1);
        return new FireTimers(in.readInt(), in.readInt());
    }
}
