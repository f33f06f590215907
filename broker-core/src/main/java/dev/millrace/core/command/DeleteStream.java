package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Ends a stream.
 *
 * @param expected see {@link dev.millrace.core.wire.ExpectedVersion}
 * @param forGood true for a tombstone: nothing is ever appended to it again
 */
public record DeleteStream(UUID topicId, int partition, byte[] key, long expected, boolean forGood) implements Command {
    public static final byte TYPE = 41;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeBytes(ByteBuffer.wrap(key));
        out.writeLong(expected).writeBoolean(forGood);
    }

    @Override
    public int sizeBytes() {
        return key.length + 96;
    }

    static DeleteStream decode(byte version, FieldReader in) {
        CommandFields.requireVersion("DeleteStream", version, (byte) 1);
        return new DeleteStream(in.readUuid(), in.readInt(), CommandFields.bytes(in), in.readLong(), in.readBoolean());
    }
}
