package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Hides a stream's oldest events, now and by rule.
 *
 * @param before events with a lower version are hidden at once; -1 changes nothing
 * @param countMax how many of the newest stay; 0 for all, -1 changes nothing
 * @param ageMsMax how old an event may be by its timestamp; 0 for any age, -1 changes nothing
 */
public record LimitStream(UUID topicId, int partition, byte[] key, long before, long countMax, long ageMsMax)
        implements Command {
    public static final byte TYPE = 42;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeBytes(ByteBuffer.wrap(key));
        out.writeLong(before).writeLong(countMax).writeLong(ageMsMax);
    }

    @Override
    public int sizeBytes() {
        return key.length + 96;
    }

    static LimitStream decode(byte version, FieldReader in) {
        CommandFields.requireVersion("LimitStream", version, (byte) 1);
        return new LimitStream(
                in.readUuid(), in.readInt(), CommandFields.bytes(in), in.readLong(), in.readLong(), in.readLong());
    }
}
