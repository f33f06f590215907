package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Notes that what was erased from a stream has left the disk.
 *
 * @param erasedMs when it was erased, as answered then
 */
public record ConfirmErased(UUID topicId, int partition, byte[] key, long erasedMs) implements Command {
    public static final byte TYPE = 45;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId)
                .writeInt(partition)
                .writeBytes(ByteBuffer.wrap(key))
                .writeLong(erasedMs);
    }

    @Override
    public int sizeBytes() {
        return key.length + 96;
    }

    static ConfirmErased decode(byte version, FieldReader in) {
        CommandFields.requireVersion("ConfirmErased", version, (byte) 1);
        return new ConfirmErased(in.readUuid(), in.readInt(), CommandFields.bytes(in), in.readLong());
    }
}
