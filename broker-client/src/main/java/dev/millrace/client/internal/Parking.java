package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.DeadLetterFrames;
import dev.millrace.core.wire.DeadLetterFrames.Claim;
import dev.millrace.core.wire.DeadLetterNames;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.GroupFrames.AssignedPartition;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a group member asks the broker about single messages, and what it knows so that it need not ask for each.
 *
 * <p>Until the broker has told what is special in a partition, each of its messages is asked for. Thread: any; calls wait
 * for the broker.
 */
final class Parking {
    private final GroupMembership membership;
    private final Link link;
    private final String group;
    private final String retryTopic;
    private final Map<TopicPartition, Known> partitions = new ConcurrentHashMap<>();
    /** An older broker does not know what to do with them. */
    private volatile boolean failuresWanted = true;

    /** What is known of a partition; by its assignment, so that late answers of an earlier one do no harm. */
    private static final class Known {
        final AssignedPartition assigned;
        final Set<Long> parkedKeys = ConcurrentHashMap.newKeySet();
        volatile long askBelow = Long.MAX_VALUE;

        Known(AssignedPartition assigned) {
            this.assigned = assigned;
        }
    }

    Parking(GroupMembership membership, Link link, String group) {
        this.membership = membership;
        this.link = link;
        this.group = group;
        this.retryTopic = DeadLetterNames.retryTopic(group);
    }

    boolean isRetryTopic(String topic) {
        return topic.equals(retryTopic);
    }

    void onAssigned(TopicPartition name, AssignedPartition assigned) {
        Known known = new Known(assigned);
        partitions.put(name, known);
        if (isRetryTopic(name.topic())) {
            return; // all are asked for
        }
        PartitionRef ref = new PartitionRef(assigned.topicId(), assigned.partition());
        link.call(
                        new DeadLetterFrames.FetchDeliveryState(group, List.of(ref)),
                        DeadLetterFrames.DeliveryStates.class,
                        true)
                .thenAccept(answer -> {
                    DeadLetterFrames.DeliveryState state = answer.states().get(0);
                    known.parkedKeys.addAll(state.parkedKeys());
                    known.askBelow = state.askBelow();
                });
    }

    void forget(TopicPartition name) {
        partitions.remove(name);
    }

    /** Whether the broker may know something about the message that the member does not. */
    boolean mustAsk(TopicPartition name, long offset, long keyHash) {
        Known known = partitions.get(name);
        return known == null
                || offset < known.askBelow
                || keyHash != DeadLetterNames.NO_KEY && known.parkedKeys.contains(keyHash);
    }

    void keyIsParked(TopicPartition name, long keyHash) {
        Known known = partitions.get(name);
        if (known != null && keyHash != DeadLetterNames.NO_KEY) {
            known.parkedKeys.add(keyHash);
        }
    }

    /**
     * Nothing of the key is parked before this offset. Where the group goes through messages again, something of it may be
     * parked after it: only from {@code askBelow} on is the key free.
     */
    void keyIsFreeBefore(TopicPartition name, long offset, long keyHash) {
        Known known = partitions.get(name);
        if (known != null && offset >= known.askBelow) {
            known.parkedKeys.remove(keyHash);
        }
    }

    DeadLetterFrames.DeliveryBegun begin(
            TopicPartition name, long offset, long keyHash, int attemptsKnown, long firstFailureMs) {
        return Waiting.on(membership.claim(
                refOf(name),
                offset,
                claim -> new DeadLetterFrames.BeginDelivery(claim, keyHash, attemptsKnown, firstFailureMs),
                DeadLetterFrames.DeliveryBegun.class));
    }

    /** An attempt that failed and is not the last. */
    record FailedAttempt(int attempts, int attemptsMax, long firstFailureMs, String error, long retryInMs) {}

    /** Tells of it, for those who look. Nobody waits for it: where it does not arrive, the attempts go on all the same. */
    void noteFailure(TopicPartition name, long offset, FailedAttempt failed) {
        Known known = partitions.get(name);
        if (known == null || !failuresWanted) {
            return;
        }
        membership
                .claim(
                        new PartitionRef(known.assigned.topicId(), known.assigned.partition()),
                        offset,
                        claim -> new DeadLetterFrames.NoteFailure(
                                claim,
                                failed.attempts,
                                failed.attemptsMax,
                                failed.firstFailureMs,
                                failed.error,
                                failed.retryInMs),
                        Frames.Done.class)
                .whenComplete((done, error) -> {
                    if (error instanceof MillraceException refused && refused.fault() == Fault.UNKNOWN_FRAME) {
                        failuresWanted = false;
                    }
                });
    }

    /** Why a message is parked. */
    record Failure(
            String reason, String exception, String message, int attempts, long firstFailureMs, long lastFailureMs) {}

    DeadLetterFrames.RecordParked park(
            TopicPartition name, long offset, String target, boolean parkKey, Failure failure) {
        return Waiting.on(membership.claim(
                refOf(name),
                offset,
                claim -> parkFrame(claim, target, parkKey, failure),
                DeadLetterFrames.RecordParked.class));
    }

    private static DeadLetterFrames.ParkRecord parkFrame(Claim claim, String target, boolean parkKey, Failure failure) {
        return new DeadLetterFrames.ParkRecord(
                claim,
                target,
                parkKey,
                failure.reason,
                failure.exception,
                failure.message,
                failure.attempts,
                failure.firstFailureMs,
                failure.lastFailureMs);
    }

    void settle(TopicPartition name, long offset) {
        Waiting.on(membership.claim(refOf(name), offset, DeadLetterFrames.SettleReplay::new, Frames.Done.class));
    }

    private PartitionRef refOf(TopicPartition name) {
        Known known = partitions.get(name);
        if (known == null) {
            throw new MillraceException(Fault.NOT_ASSIGNED, name + " is not assigned to this member of group " + group);
        }
        return new PartitionRef(known.assigned.topicId(), known.assigned.partition());
    }
}
