package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/** Says that a replayed record was handled; the claim names its place in the retry topic. */
public record SettleReplay(MemberClaim claim) implements Command {
    public static final byte TYPE = 82;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        claim.encode(out);
    }

    public static SettleReplay decode(byte version, FieldReader in) {
        CommandFields.requireVersion("SettleReplay", version, (byte) 1);
        return new SettleReplay(MemberClaim.decode(in));
    }

    @Override
    public int sizeBytes() {
        return claim.sizeBytes();
    }
}
