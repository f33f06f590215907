package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Periodic upkeep: retention, expiry of producer state, and closing a generation that has grown old.
 *
 * <p>Defaults are stamped from the configuration, so that applying reads none.
 *
 * @param retentionMs for topics that set none; -1 = unlimited
 * @param retentionBytes for each partition of topics that set none; -1 = unlimited
 * @param producerRetentionMs producers silent for longer are forgotten
 */
public record Maintain(long retentionMs, long retentionBytes, long producerRetentionMs) implements Command {
    public static final byte TYPE = 7;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeLong(retentionMs).writeLong(retentionBytes).writeLong(producerRetentionMs);
    }

    @Override
    public int sizeBytes() {
        return 64;
    }

    static Maintain decode(byte version, FieldReader in) {
        CommandFields.requireVersion("Maintain", version, (byte) 1);
        return new Maintain(in.readLong(), in.readLong(), in.readLong());
    }
}
