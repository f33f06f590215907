package dev.millrace.server.protocol.wire;

import dev.millrace.core.wire.GroupFrames;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Knows through which connection a group member last spoke, to tell it there of a new assignment. Thread: any. */
final class MemberRegistry {
    record MemberKey(String group, String memberId) {}

    private final Map<MemberKey, WireConnection> connections = new ConcurrentHashMap<>();

    /** The member spoke through this connection and is in the group. */
    void put(MemberKey member, WireConnection connection) {
        connections.put(member, connection);
        connection.members().add(member);
        // The connection may have gone while the broker worked on the join; then nobody else would remove it.
        if (!connection.isOpen()) {
            remove(member, connection);
        }
    }

    void remove(MemberKey member, WireConnection connection) {
        connections.remove(member, connection);
        connection.members().remove(member);
    }

    void tellAssignmentPending(String group, String memberId) {
        WireConnection connection = connections.get(new MemberKey(group, memberId));
        if (connection != null) {
            connection.push(new GroupFrames.AssignmentPending(group, memberId));
        }
    }

    int size() {
        return connections.size();
    }
}
