package dev.millrace.core.command;

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
    public void encode(CommandWriter out) {
        out.writeString(group).writeString(memberId).writeString(instanceId).writeString(clientId);
        out.writeList(patterns, CommandWriter::writeString).writeInt(sessionTimeoutMs);
    }

    public static JoinGroup decode(byte version, CommandReader in) {
        GroupCommandFields.requireVersion("JoinGroup", version, VERSION);
        return new JoinGroup(
                in.readString(),
                in.readString(),
                in.readString(),
                in.readString(),
                in.readList(CommandReader::readString),
                in.readInt());
    }

    @Override
    public int sizeBytes() {
        return GroupCommandFields.sizeBytes(group, memberId, instanceId, clientId)
                + GroupCommandFields.sizeBytes(patterns);
    }
}
