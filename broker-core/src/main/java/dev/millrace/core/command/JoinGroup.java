package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.util.List;

/**
 * Makes a consumer a member of a group, or repeats that without effect.
 *
 * @param memberId stamped by the proposer; the same id again is the same member
 * @param instanceId names the place of a static member across restarts, or null for a dynamic member
 * @param patterns topic names, or patterns such as {@code orders.*} and {@code orders.>}
 */
public record JoinGroup(
        String group, String memberId, String instanceId, String clientId, List<String> patterns, int sessionTimeoutMs)
        implements Command {
    public static final byte TYPE = 20;
    public static final byte VERSION = 1;

    public JoinGroup {
        patterns = List.copyOf(patterns);
    }

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
        out.writeString(group).writeString(memberId).writeString(instanceId).writeString(clientId);
        out.writeList(patterns, FieldWriter::writeString).writeInt(sessionTimeoutMs);
    }

    public static JoinGroup decode(byte version, FieldReader in) {
        CommandFields.requireVersion("JoinGroup", version, VERSION);
        return new JoinGroup(
                in.readString(),
                in.readString(),
                in.readString(),
                in.readString(),
                in.readList(FieldReader::readString),
                in.readInt());
    }

    @Override
    public int sizeBytes() {
        return CommandFields.sizeBytes(group, memberId, instanceId, clientId) + CommandFields.sizeBytes(patterns);
    }
}
