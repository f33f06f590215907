package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/**
 * Appends events to streams of one partition, all or nothing, if the checks and the condition hold.
 *
 * @param events one validated batch with a place for each version, writable; empty for a check alone
 * @param condition null for none
 */
public record AppendEvents(
        UUID topicId, int partition, ByteBuffer events, List<StreamCheck> checks, AppendCondition condition)
        implements Command {
    public static final byte TYPE = 40;

    @Override
    public byte type() {
        return TYPE;
    }

    @Override
    public void encode(FieldWriter out) {
        out.writeUuid(topicId).writeInt(partition).writeBytes(events).writeList(checks, StreamCheck::writeTo);
        out.writeBoolean(condition != null);
        if (condition != null) {
            AppendCondition.writeTo(out, condition);
        }
    }

    @Override
    public int sizeBytes() {
        int bytes = events.remaining() + 128;
        for (StreamCheck check : checks) {
            bytes += check.key().length + 32;
        }
        return bytes;
    }

    static AppendEvents decode(byte version, FieldReader in) {
        CommandFields.requireVersion("AppendEvents", version, (byte) 1);
        UUID topicId = in.readUuid();
        int partition = in.readInt();
        // A copy, because applying writes into the events.
        ByteBuffer events = ByteBuffer.wrap(CommandFields.bytes(in));
        List<StreamCheck> checks = in.readList(StreamCheck::read);
        return new AppendEvents(topicId, partition, events, checks, in.readBoolean() ? AppendCondition.read(in) : null);
    }
}
