package dev.millrace.server.tracing;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * How often a request is tried and how long it waits between: 1, 2, 4, 8 s, less up to a half by chance, or as long as the
 * collector asks for, but no longer than 30 s. Units: milliseconds. Thread: one.
 */
final class RetryPauses {
    static final int TRIES_MAX = 5;
    /** A collector that asks for more gets the next try sooner: the spans behind it have no more room than these 30 s. */
    static final long ASKED_MS_MAX = 30_000;

    private static final long FIRST_MS = 1_000;
    private static final int DOUBLINGS_MAX = 3;

    private final RandomGenerator random;

    RetryPauses(RandomGenerator random) {
        this.random = random;
    }

    /**
     * The pause before the next try.
     *
     * @param triesSoFar 1 or more
     * @param retryAfter seconds or a date as in HTTP; null for none, malformed is none
     * @param nowMs by the wall clock
     */
    long nextMs(int triesSoFar, String retryAfter, long nowMs) {
        long ownMs = FIRST_MS << Math.min(DOUBLINGS_MAX, triesSoFar - 1);
        long lessMs = random.nextLong(ownMs / 2 + 1);
        long askedMs = retryAfter == null ? -1 : askedMs(retryAfter.strip(), nowMs);
        return askedMs < 0 ? ownMs - lessMs : Math.min(askedMs, ASKED_MS_MAX);
    }

    /** -1 for what is neither. */
    private static long askedMs(String retryAfter, long nowMs) {
        if (retryAfter.matches("[0-9]{1,9}")) {
            return TimeUnit.SECONDS.toMillis(Long.parseLong(retryAfter));
        }
        try {
            Instant at = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(retryAfter));
            return Math.max(0, at.toEpochMilli() - nowMs);
        } catch (DateTimeException | ArithmeticException malformed) {
            return -1;
        }
    }
}
