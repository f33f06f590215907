package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Notes that a member is about to hand a record to its handler, so that a handler that kills its process is counted too.
 *
 * @param keyHash of the record's key, 0 where its key parks nothing
 * @param attemptsKnown how often the member has tried already
 * @param firstFailureMs when the first of these failed, -1 for none
 */
public record BeginDelivery(MemberClaim claim, long keyHash, int attemptsKnown, long firstFailureMs)
        implements Command {
    public static final byte TYPE = 81;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        claim.encode(out);
        out.writeLong(keyHash).writeInt(attemptsKnown).writeLong(firstFailureMs);
    }

    public static BeginDelivery decode(byte version, FieldReader in) {
        CommandFields.requireVersion("BeginDelivery", version, (byte) 1);
        return new BeginDelivery(MemberClaim.decode(in), in.readLong(), in.readInt(), in.readLong());
    }

    @Override
    public int sizeBytes() {
        return claim.sizeBytes();
    }
}
