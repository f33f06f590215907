package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Appends validated record batches to one partition.
 *
 * @param batches writable: applying writes base offset and leader epoch into each batch
 */
public record AppendRecords(UUID topicId, int partition, ByteBuffer batches) implements Command {
    public static final byte TYPE = 1;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeBytes(batches);
    }

    @Override
    public int sizeBytes() {
        return batches.remaining() + 64;
    }

    static AppendRecords decode(byte version, FieldReader in) {
        CommandFields.requireVersion("AppendRecords", version, (byte) 1);
        UUID topicId = in.readUuid();
        int partition = in.readInt();
        ByteBuffer view = in.readBytes();
        // A copy, because applying writes into the batches.
        return new AppendRecords(
                topicId,
                partition,
                ByteBuffer.allocate(view.remaining()).put(view).flip());
    }
}
