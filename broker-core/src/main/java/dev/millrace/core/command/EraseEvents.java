package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Replaces the values and the application's headers of a run of events by a mark.
 *
 * @param fromVersion the first to erase
 * @param toVersion the last one; {@link Long#MAX_VALUE} for all that there are
 */
public record EraseEvents(UUID topicId, int partition, byte[] key, long fromVersion, long toVersion)
        implements Command {
    public static final byte TYPE = 44;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeBytes(ByteBuffer.wrap(key));
        out.writeLong(fromVersion).writeLong(toVersion);
    }

    @Override
    public int sizeBytes() {
        return key.length + 96;
    }

    static EraseEvents decode(byte version, FieldReader in) {
        CommandFields.requireVersion("EraseEvents", version, (byte) 1);
        return new EraseEvents(in.readUuid(), in.readInt(), CommandFields.bytes(in), in.readLong(), in.readLong());
    }
}
