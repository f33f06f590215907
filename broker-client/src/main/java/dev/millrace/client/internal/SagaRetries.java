package dev.millrace.client.internal;

import java.time.Duration;

/** How often something is tried, and the pauses between, which double up to a minute. */
record SagaRetries(int attempts, Duration backoff) {
    private static final Duration BACKOFF_MAX = Duration.ofMinutes(1);

    /** The pause after so many failures. */
    Duration pauseAfter(int failures) {
        int doublings = Math.min(failures - 1, 30);
        long maxMs = BACKOFF_MAX.toMillis();
        long minMs = backoff.toMillis();
        return Duration.ofMillis(minMs > maxMs >> doublings ? maxMs : minMs << doublings);
    }
}
