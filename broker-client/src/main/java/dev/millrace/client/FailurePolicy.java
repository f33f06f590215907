package dev.millrace.client;

import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.function.BiConsumer;

/**
 * What follows when a handler throws.
 *
 * @param retries how often the message is handed to the handler again
 * @param backoff pause before the first retry; doubles with each
 * @param skip called with what has failed for good, which then counts as finished; null to stop the consumer
 * @param deadLetter where the broker moves what has failed for good; null for nowhere
 */
public record FailurePolicy(
        int retries, Duration backoff, BiConsumer<ReceivedMessage, Exception> skip, DeadLetter deadLetter) {
    private static final Duration BACKOFF_MAX = Duration.ofMinutes(1);

    /**
     * How dead letters are made.
     *
     * @param topic null for the message's own topic with ".dlq" at the end
     * @param parkKey later messages of the key become dead letters too, so that none is handled out of order
     * @param backoffMax the longest pause between two attempts
     */
    public record DeadLetter(String topic, boolean parkKey, Duration backoffMax) {}

    public FailurePolicy {
        if (deadLetter != null && skip != null) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "a failure policy skips or makes dead letters; this one would do both");
        }
    }

    /** Stops the consumer; the message stays uncommitted and comes again after a restart. */
    public static FailurePolicy stop() {
        return new FailurePolicy(0, Duration.ZERO, null, null);
    }

    /** Hands the message to the callback and goes on. */
    public static FailurePolicy skip(BiConsumer<ReceivedMessage, Exception> callback) {
        return new FailurePolicy(0, Duration.ZERO, callback, null);
    }

    /** Tries again, later messages of the key wait meanwhile; then stops. */
    public static FailurePolicy retry(int retries, Duration backoff) {
        return new FailurePolicy(retries, backoff, null, null);
    }

    /**
     * Group consumers with a handler: tries so often in all, then the broker moves the message to the dead letters of the
     * group. The key of the message waits between attempts, other keys go on.
     *
     * <p>Attempts are counted by the broker, so they also count where a handler ends its process. Pauses double from
     * {@code backoff} up to a minute, each shortened by up to a half at random.
     */
    public static FailurePolicy retryThenDeadLetter(int attempts, Duration backoff) {
        if (attempts < 1 || backoff == null || backoff.isNegative()) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    "retryThenDeadLetter(" + attempts + ", " + backoff
                            + "): allowed are 1 attempt or more, 0 s or more");
        }
        return new FailurePolicy(attempts - 1, backoff, null, new DeadLetter(null, true, BACKOFF_MAX));
    }

    /** As this policy, but going on after the last retry. */
    public FailurePolicy thenSkip(BiConsumer<ReceivedMessage, Exception> callback) {
        return new FailurePolicy(retries, backoff, callback, null);
    }

    /**
     * Whether later messages of a failed message's key become dead letters too. Default true: without it they are handled
     * although an earlier one was not. Messages without a key never hold others up.
     */
    public FailurePolicy parkKey(boolean parkKey) {
        return new FailurePolicy(
                retries, backoff, null, new DeadLetter(requireDeadLetter().topic(), parkKey, deadLetter.backoffMax()));
    }

    /** As {@code parkKey(true)}. */
    public FailurePolicy parkKey() {
        return parkKey(true);
    }

    /** Collects the dead letters of all source topics in this topic. */
    public FailurePolicy deadLetterTopic(String topic) {
        return new FailurePolicy(
                retries,
                backoff,
                null,
                new DeadLetter(topic, requireDeadLetter().parkKey(), deadLetter.backoffMax()));
    }

    /** The longest pause between two attempts. Default one minute. */
    public FailurePolicy backoffMax(Duration max) {
        return new FailurePolicy(
                retries, backoff, null, new DeadLetter(requireDeadLetter().topic(), deadLetter.parkKey(), max));
    }

    private DeadLetter requireDeadLetter() {
        if (deadLetter == null) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST, "only retryThenDeadLetter makes dead letters; this policy does not");
        }
        return deadLetter;
    }
}
