package dev.millrace.core.group;

import java.util.List;

/** What a tick ended: sessions that timed out, and groups that had no members for too long. */
public record GroupsExpired(List<MemberRef> members, List<String> groups) {
    public boolean changed() {
        return !members.isEmpty() || !groups.isEmpty();
    }
}
