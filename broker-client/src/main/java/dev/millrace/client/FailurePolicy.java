package dev.millrace.client;

import java.time.Duration;
import java.util.function.BiConsumer;

/**
 * What follows when a handler throws.
 *
 * @param retries how often the message is handed to the handler again
 * @param backoff pause before the first retry; doubles with each
 * @param skip called with what has failed for good, which then counts as finished; null to stop the consumer
 */
public record FailurePolicy(int retries, Duration backoff, BiConsumer<ReceivedMessage, Exception> skip) {
    /** Stops the consumer; the message stays uncommitted and comes again after a restart. */
    public static FailurePolicy stop() {
        return new FailurePolicy(0, Duration.ZERO, null);
    }

    /** Hands the message to the callback and goes on. */
    public static FailurePolicy skip(BiConsumer<ReceivedMessage, Exception> callback) {
        return new FailurePolicy(0, Duration.ZERO, callback);
    }

    /** Tries again, later messages of the key wait meanwhile; then stops. */
    public static FailurePolicy retry(int retries, Duration backoff) {
        return new FailurePolicy(retries, backoff, null);
    }

    /** As this policy, but going on after the last retry. */
    public FailurePolicy thenSkip(BiConsumer<ReceivedMessage, Exception> callback) {
        return new FailurePolicy(retries, backoff, callback);
    }
}
