package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Keeps a client's state of a stream beside it.
 *
 * @param atVersion of the last event that the state has in it
 * @param schema names the form of the state, for the client to recognise
 */
public record PutSnapshot(UUID topicId, int partition, byte[] key, long atVersion, String schema, byte[] state)
        implements Command {
    public static final byte TYPE = 43;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeBytes(ByteBuffer.wrap(key));
        out.writeLong(atVersion).writeString(schema).writeBytes(ByteBuffer.wrap(state));
    }

    @Override
    public int sizeBytes() {
        return key.length + state.length + 128;
    }

    static PutSnapshot decode(byte version, FieldReader in) {
        CommandFields.requireVersion("PutSnapshot", version, (byte) 1);
        return new PutSnapshot(
                in.readUuid(),
                in.readInt(),
                CommandFields.bytes(in),
                in.readLong(),
                in.readString(),
                CommandFields.bytes(in));
    }
}
