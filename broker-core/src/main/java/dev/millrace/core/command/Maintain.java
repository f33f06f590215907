package dev.millrace.core.command;

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
    public byte version() {
        return 1;
    }

    @Override
    public void encode(CommandWriter out) {
        out.writeLong(retentionMs).writeLong(retentionBytes).writeLong(producerRetentionMs);
    }

    @Override
    public int sizeBytes() {
        return 64;
    }

    static Maintain decode(byte version, CommandReader in) {
        return new Maintain(in.readLong(), in.readLong(), in.readLong());
    }
}
