package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * Ends sessions that timed out and drops groups that had no members for long; the time is the batch's stamp.
 *
 * @param offsetRetentionMs how long a group without members keeps its offsets; -1 = for ever
 */
public record ExpireGroups(long offsetRetentionMs) implements Command {
    public static final byte TYPE = 26;
    public static final byte VERSION = 1;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public byte version() {
        return VERSION;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeLong(offsetRetentionMs);
    }

    public static ExpireGroups decode(byte version, FieldReader in) {
        CommandFields.requireVersion("ExpireGroups", version, VERSION);
        return new ExpireGroups(in.readLong());
    }

    @Override
    public int sizeBytes() {
        return 64;
    }
}
