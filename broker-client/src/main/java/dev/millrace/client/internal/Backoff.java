package dev.millrace.client.internal;

import java.util.random.RandomGenerator;

/** Pauses that double up to a limit, each shortened by up to a half at random so that clients do not come back in step. */
final class Backoff {
    private final long minNanos;
    private final long maxNanos;
    private final RandomGenerator random;
    private int failures;

    Backoff(long minNanos, long maxNanos, RandomGenerator random) {
        this.minNanos = minNanos;
        this.maxNanos = maxNanos;
        this.random = random;
    }

    /** The pause after one failure more. */
    long nextNanos() {
        return pauseNanos(failures++);
    }

    void reset() {
        failures = 0;
    }

    private long pauseNanos(int exponent) {
        long doubled = exponent >= 30 ? maxNanos : Math.min(maxNanos, minNanos << exponent);
        long whole = doubled < minNanos ? maxNanos : doubled;
        return whole - (long) (random.nextDouble() * whole / 2);
    }
}
