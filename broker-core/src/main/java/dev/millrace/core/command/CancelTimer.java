package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import dev.millrace.core.wire.TimerRef;

/** Takes a pending timer back. */
public record CancelTimer(TimerRef timer) implements Command {
    public static final byte TYPE = 63;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        TimerRef.writeTo(out, timer);
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(timer.key());
    }

    static CancelTimer decode(byte version, FieldReader in) {
        CommandFields.requireVersion("CancelTimer", version, (byte) 1);
        return new CancelTimer(TimerRef.read(in));
    }
}
