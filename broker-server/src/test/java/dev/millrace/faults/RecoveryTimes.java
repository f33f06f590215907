package dev.millrace.faults;

import java.util.Arrays;

/** Milliseconds from the start of the process to readiness, over many starts. */
final class RecoveryTimes {
    private long[] sortedMs = {};

    void add(long ms) {
        sortedMs = Arrays.copyOf(sortedMs, sortedMs.length + 1);
        sortedMs[sortedMs.length - 1] = ms;
        Arrays.sort(sortedMs);
    }

    /** The smallest time that this share of the starts did not exceed. */
    long percentile(double share) {
        return sortedMs[(int) Math.ceil(share * sortedMs.length) - 1];
    }

    @Override
    public String toString() {
        return sortedMs.length == 0
                ? "no starts"
                : String.format("readyMs{p50=%d p99=%d}", percentile(0.5), percentile(0.99));
    }
}
