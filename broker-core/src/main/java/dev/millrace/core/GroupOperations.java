package dev.millrace.core;

import dev.millrace.core.error.Fault;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Consumer groups: membership, assignment by the broker, committed offsets, lag. Thread: any.
 *
 * <p>Faults of group calls: INVALID_REQUEST, GROUP_NOT_FOUND, UNKNOWN_MEMBER, FENCED_MEMBER, GROUP_NOT_EMPTY,
 * NOT_ASSIGNED, LIMIT_REACHED.
 */
public interface GroupOperations {
    /**
     * Joins a group, or joins again.
     *
     * @param memberId empty for a new member
     * @param instanceId a static member's lasting name, or null
     * @param sessionTimeoutMs 0 for the broker's default
     */
    record Join(
            String group,
            String memberId,
            String instanceId,
            String clientId,
            List<String> patterns,
            int sessionTimeoutMs) {}

    /** @param assignment what the member may consume now */
    record Membership(String memberId, int memberEpoch, int heartbeatIntervalMs, List<AssignedPartition> assignment) {}

    /** @param committedOffset -1 where nothing was committed */
    record AssignedPartition(String topic, TopicPartition partition, long committedOffset) {}

    /** @param metadata a note of up to 4096 characters, or null */
    record Offset(TopicPartition partition, long offset, String metadata) {}

    /** @param fault null where the commit was taken */
    record CommitResult(TopicPartition partition, Fault fault, String detail) {}

    record Summary(String group, String state, int members, long lagMessages, long lagMs) {}

    record Description(String group, String state, int generation, List<Member> members, List<Progress> partitions) {}

    record Member(
            String memberId, String instanceId, String clientId, int memberEpoch, List<NamedPartition> partitions) {}

    record NamedPartition(String topic, int partition) {}

    /** @param memberId who consumes it, or null */
    record Progress(
            String topic,
            TopicPartition partition,
            long committedOffset,
            long endOffset,
            long lagMessages,
            long lagMs,
            String memberId) {}

    /** Receives word that a member should heartbeat to learn of a new assignment; must return at once. */
    @FunctionalInterface
    interface AssignmentListener {
        void onAssignmentPending(String group, String memberId);
    }

    CompletableFuture<Membership> join(Join request);

    /** @param owned what the member consumes now; what it leaves out it has let go */
    CompletableFuture<Membership> heartbeat(String group, String memberId, int memberEpoch, List<TopicPartition> owned);

    /**
     * Commits offsets; a result for each, in order.
     *
     * @param memberId empty to commit from outside, allowed while the group has no members
     */
    CompletableFuture<List<CommitResult>> commit(String group, String memberId, int memberEpoch, List<Offset> offsets);

    /** @param keepStatic a static member keeps its partitions until its session ends */
    CompletableFuture<Void> leave(String group, String memberId, boolean keepStatic);

    /** @param partitions empty for all; -1 where nothing was committed */
    CompletableFuture<List<Offset>> committed(String group, List<TopicPartition> partitions);

    CompletableFuture<List<Summary>> list();

    CompletableFuture<Description> describe(String group);

    /** Sets committed offsets, also backwards; the group must have no members. Creates the group where there is none. */
    CompletableFuture<Void> reset(String group, List<Offset> offsets);

    CompletableFuture<Void> delete(String group);

    /** Adds a listener; thread of its calls: syncer. */
    void listen(AssignmentListener listener);
}
