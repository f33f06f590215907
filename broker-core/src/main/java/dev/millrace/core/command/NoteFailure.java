package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Notes that a handler failed at a record and that its member will try again, so that people can see it meanwhile.
 *
 * @param attempts so far
 * @param attemptsMax of how many
 * @param firstFailureMs when the first of them failed, by the member's clock
 * @param error exception and message in a line
 * @param retryInMs until the next attempt, from when this is applied
 */
public record NoteFailure(
        MemberClaim claim, int attempts, int attemptsMax, long firstFailureMs, String error, long retryInMs)
        implements Command {
    public static final byte TYPE = 86;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        claim.encode(out);
        out.writeInt(attempts).writeInt(attemptsMax).writeLong(firstFailureMs);
        out.writeString(error).writeLong(retryInMs);
    }

    public static NoteFailure decode(byte version, FieldReader in) {
        CommandFields.requireVersion("NoteFailure", version, (byte) 1);
        return new NoteFailure(
                MemberClaim.decode(in), in.readInt(), in.readInt(), in.readLong(), in.readText(), in.readLong());
    }

    @Override
    public int sizeBytes() {
        return claim.sizeBytes() + CommandFields.sizeBytes(error);
    }
}
