package dev.millrace.core;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Dead letters of consumer groups: parking what a group cannot handle, and bringing it back. Thread: any.
 *
 * <p>Members call {@link #deliveryState}, {@link #begin}, {@link #noteFailure}, {@link #park} and {@link #settle}; each is
 * refused with UNKNOWN_MEMBER, FENCED_MEMBER or NOT_ASSIGNED unless the member holds the partition. Operators call the rest.
 */
public interface DeadLetterOperations {
    /** What a member has to know of partitions that it got, before it handles their records. */
    CompletableFuture<List<DeliveryState>> deliveryState(String group, List<TopicPartition> partitions);

    /**
     * Asks whether a record is to be handled now, and notes the attempt durably where it is.
     *
     * @param keyHash of the record's key, 0 where its key parks nothing
     * @param attemptsKnown how often the member has tried already
     * @param firstFailureMs when the first of these failed, -1 for none
     */
    CompletableFuture<Begun> begin(Claim claim, long keyHash, int attemptsKnown, long firstFailureMs);

    /**
     * Copies a record to the dead-letter topic and marks it done for the group, in one change; creates the topic where it
     * is missing. The same again answers the first result. Fails: OFFSET_OUT_OF_RANGE where the record is gone,
     * LIMIT_REACHED, DISK_FULL, INVALID_REQUEST.
     */
    CompletableFuture<Parked> park(Claim claim, Failure failure, Placement placement);

    /**
     * Says that a handler failed at a record and that the member will try again: for those who look, and counted. Fails:
     * INVALID_REQUEST.
     */
    CompletableFuture<Void> noteFailure(Claim claim, FailedAttempt failed);

    /** Says that a record of the group's retry topic was handled. */
    CompletableFuture<Void> settle(Claim claim);

    /** Dead letters by group, source topic, partition and offset. Fails: INVALID_REQUEST. */
    CompletableFuture<Page> list(Selection selection, PageRequest page);

    /**
     * Sends parked records back to the group that failed at them. Fails: GROUP_NOT_FOUND, DISK_FULL, INVALID_REQUEST,
     * MESSAGE_TOO_LARGE.
     */
    CompletableFuture<Moved> replay(Replay replay);

    /** Gives parked records up. Fails: GROUP_NOT_FOUND, INVALID_REQUEST. */
    CompletableFuture<Moved> discard(Selection selection, String note);

    /** A member, and the record that it works on. */
    record Claim(String group, String memberId, int memberEpoch, TopicPartition partition, long offset) {}

    /**
     * @param askBelow begin each record before this offset
     * @param parkedKeys hashes of keys whose records are to be begun
     */
    record DeliveryState(TopicPartition partition, long askBelow, List<Long> parkedKeys) {}

    /** What to do with a record. */
    enum Verdict {
        HANDLE,
        DONE,
        BLOCKED
    }

    /**
     * @param attempts begun before this one
     * @param firstFailureMs -1 where it is not known
     */
    record Begun(Verdict verdict, int attempts, long firstFailureMs) {}

    /**
     * An attempt that failed and is not the last.
     *
     * @param attempts so far, 1 or more
     * @param attemptsMax of how many
     * @param firstFailureMs when the first of them failed
     * @param error exception and message, of which the first 200 bytes are kept
     * @param retryInMs until the next one
     */
    record FailedAttempt(int attempts, int attemptsMax, long firstFailureMs, String error, long retryInMs) {}

    /** What became of a record that was to be parked. */
    enum Outcome {
        PARKED,
        QUEUED,
        DONE,
        FREE
    }

    /** @param offset of the dead letter, -1 where there is none */
    record Parked(Outcome outcome, String topic, int partition, long offset) {}

    /**
     * Why a record is parked.
     *
     * @param exception a class, or empty
     */
    record Failure(
            String reason, String exception, String message, int attempts, long firstFailureMs, long lastFailureMs) {}

    /**
     * Where a record is parked.
     *
     * @param topic null for the source topic's name with ".dlq"
     * @param parkKey later records of its key wait
     */
    record Placement(String topic, boolean parkKey) {}

    /** The place of a source record. */
    record Place(String topic, int partition, long offset) {}

    /**
     * Which dead letters.
     *
     * @param group null for all, in a list only
     * @param topic the source topic, null for all
     * @param key null for all
     * @param places empty for all
     */
    record Selection(String group, String topic, byte[] key, List<Place> places) {}

    /**
     * What goes back.
     *
     * @param value in place of the value of the one dead letter that is named; null to leave it as it is
     * @param who asks; kept with each
     */
    record Replay(Selection selection, byte[] value, String who) {}

    /**
     * @param ended also those that were handled or discarded
     * @param withRecords with their copies, 100 at most
     */
    record PageRequest(int skip, int countMax, boolean ended, boolean withRecords) {}

    record Page(int total, List<Info> letters) {}

    /**
     * A dead letter.
     *
     * @param state parked, replaying, handled or discarded
     * @param key the beginning of it, empty where there is none
     * @param summary exception and message
     * @param copy where the dead letter lies, null for one that went on the way back at once
     * @param batch the copy as a batch of one record; null where it was not asked for or is gone
     */
    record Info(
            String group,
            Place source,
            String state,
            byte[] key,
            String reason,
            String summary,
            int attempts,
            long firstFailureMs,
            long lastFailureMs,
            Place copy,
            long changedMs,
            String note,
            ByteBuffer batch) {}

    /** @param skipped the first hundred that were left alone */
    record Moved(int count, int skippedCount, List<Skipped> skipped) {}

    record Skipped(Place source, String reason) {}
}
