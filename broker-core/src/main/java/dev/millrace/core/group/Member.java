package dev.millrace.core.group;

import java.util.ArrayList;
import java.util.List;

/** One consumer in a group; plain state that {@link Group} changes. Thread: shard. */
final class Member {
    /** How many replaced ids a static member remembers; older ones are answered as unknown, which stops them as well. */
    static final int FENCED_ID_COUNT_MAX = 16;

    /** Null for a dynamic member. */
    final String instanceId;

    /** Ids that held this static place before, oldest first. */
    final List<String> fencedIds = new ArrayList<>();

    String memberId;
    String clientId = "";
    List<TopicPattern> patterns = List.of();
    int sessionTimeoutMs;
    int epoch;
    /** The epoch before {@link #epoch}, accepted because the answer that carried the newer one may be on its way. */
    int previousEpoch;
    /** The static member left, its place is kept. */
    boolean away;

    /** What it works on, or may still work on: nobody else gets these. */
    PartitionSet held = PartitionSet.EMPTY;
    /** What it is meant to work on. */
    PartitionSet target = PartitionSet.EMPTY;

    // Not stored: after a restart every member gets a full session and is told its assignment again. Times are those
    // of SessionTimers.at, not of any clock.
    long lastSeenMs;
    long timerMs;
    /** The assignment that it was told last, or null where that is not known. */
    PartitionSet told;

    Member(String memberId, String instanceId) {
        this.memberId = memberId;
        this.instanceId = instanceId;
    }

    boolean knowsEpoch(int claimed) {
        return claimed == epoch || claimed == previousEpoch;
    }

    boolean hasLetGo() {
        return target.containsAll(held);
    }

    PartitionSet assigned() {
        return held.intersect(target);
    }

    void see(long steadyMs) {
        lastSeenMs = Math.max(lastSeenMs, steadyMs);
    }

    long deadlineMs() {
        return lastSeenMs + sessionTimeoutMs;
    }
}
