package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;

/**
 * Moves a record to the dead letters of a group: the copy and the mark that the group is done with the record are one
 * change.
 *
 * @param target the dead-letter topic
 * @param targetPartition wanted in it; taken modulo its partitions
 * @param keyHash of the record's key, 0 where its key parks nothing
 * @param keyShown the beginning of the key, for lists
 * @param failure why
 * @param batch the dead letter as a batch of one record; writable
 */
public record ParkRecord(
        MemberClaim claim,
        String target,
        int targetPartition,
        long keyHash,
        ByteBuffer keyShown,
        Failure failure,
        ByteBuffer batch)
        implements Command {
    public static final byte TYPE = 80;

    /**
     * What went wrong.
     *
     * @param summary exception and message in a line, for lists
     */
    public record Failure(String reason, String summary, int attempts, long firstFailureMs, long lastFailureMs) {}

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        claim.encode(out);
        out.writeString(target).writeInt(targetPartition).writeLong(keyHash).writeBytes(keyShown);
        out.writeString(failure.reason).writeString(failure.summary).writeInt(failure.attempts);
        out.writeLong(failure.firstFailureMs).writeLong(failure.lastFailureMs);
        out.writeBytes(batch);
    }

    public static ParkRecord decode(byte version, FieldReader in) {
        CommandFields.requireVersion("ParkRecord", version, (byte) 1);
        return new ParkRecord(
                MemberClaim.decode(in),
                in.readText(),
                in.readInt(),
                in.readLong(),
                CommandFields.copy(in.readBytes()),
                new Failure(in.readText(), in.readText(), in.readInt(), in.readLong(), in.readLong()),
                CommandFields.copy(in.readBytes()));
    }

    @Override
    public int sizeBytes() {
        return claim.sizeBytes() + batch.remaining() + keyShown.remaining() + failure.summary.length() + 64;
    }
}
