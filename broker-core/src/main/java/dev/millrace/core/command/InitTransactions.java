package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Takes over a transactional id, with the next epoch.
 *
 * @param knownEpoch refused where the epoch is a later one by now: nobody takes back what another took over; -1 to take
 *     over from whomever
 */
public record InitTransactions(String transactionalId, int knownEpoch) implements Command {
    public static final byte TYPE = 60;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(transactionalId).writeInt(knownEpoch);
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(transactionalId);
    }

    static InitTransactions decode(byte version, FieldReader in) {
        CommandFields.requireVersion("InitTransactions", version, (byte) 1);
        return new InitTransactions(in.readText(), in.readInt());
    }
}
