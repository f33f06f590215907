package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/** Takes over a transactional id, with the next epoch. */
public record InitTransactions(String transactionalId) implements Command {
    public static final byte TYPE = 60;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeString(transactionalId);
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(transactionalId);
    }

    static InitTransactions decode(byte version, FieldReader in) {
        CommandFields.requireVersion("InitTransactions", version, (byte) 1);
        return new InitTransactions(in.readText());
    }
}
