package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.UUID;

/** Moves a partition's log start up to an offset. */
public record DeleteBefore(UUID topicId, int partition, long offset) implements Command {
    public static final byte TYPE = 6;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeLong(offset);
    }

    @Override
    public int sizeBytes() {
        return 64;
    }

    static DeleteBefore decode(byte version, FieldReader in) {
        CommandFields.requireVersion("DeleteBefore", version, (byte) 1);
        return new DeleteBefore(in.readUuid(), in.readInt(), in.readLong());
    }
}
