package dev.millrace.server.bench;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Counts what ended well, with its latency, and what failed. <em>Thread:</em> any.
 *
 * <p>Striped by thread: a lock that nobody else wants costs some 20 ns, a histogram of atomic counters that two threads
 * write costs more, and one for each of 1000 publishers too much memory.
 */
final class LatencyRecorder implements Acks {
    private static final int STRIPES = 64;

    private final Stripe[] stripes = new Stripe[STRIPES];

    LatencyRecorder() {
        for (int i = 0; i < STRIPES; i++) stripes[i] = new Stripe();
    }

    @Override
    public void settled(long startNanos, int bytes, Throwable failure) {
        if (failure != null) {
            failed(failure);
        } else if (startNanos == Pacer.UNTIMED) {
            mine().countUntimed(bytes);
        } else {
            record(startNanos, System.nanoTime(), bytes);
        }
    }

    void record(long startNanos, long nowNanos, int bytes) {
        mine().record(startNanos, nowNanos, bytes);
    }

    /** Counts records without a latency of their own. */
    void count(long nowNanos, int records, int bytes) {
        mine().count(nowNanos, records, bytes);
    }

    void failed(Throwable failure) {
        mine().failed(failure);
    }

    private Stripe mine() {
        return stripes[(int) Thread.currentThread().getId() & (STRIPES - 1)];
    }

    /** All that was recorded, or failed, so far. */
    long settledCount() {
        long sum = 0;
        for (Stripe stripe : stripes) sum += stripe.settledCount();
        return sum;
    }

    /** All that ended well so far. */
    long acknowledgedCount() {
        long sum = 0;
        for (Stripe stripe : stripes) sum += stripe.settledCount() - stripe.failedCount();
        return sum;
    }

    /** Moves what was recorded since the last call to {@code total} and returns it by itself as well. */
    Measured drainTo(Measured total) {
        Measured since = new Measured();
        for (Stripe stripe : stripes) stripe.drainTo(since);
        total.add(since);
        return since;
    }

    private static final class Stripe {
        private final Measured measured = new Measured();
        private long settledCount;
        private long failedCount;

        synchronized void record(long startNanos, long nowNanos, int bytes) {
            measured.latencyMicros.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(nowNanos - startNanos)));
            count(nowNanos, 1, bytes);
        }

        synchronized void count(long nowNanos, int records, int bytes) {
            measured.counted(nowNanos, records, bytes);
            settledCount += records;
        }

        synchronized void countUntimed(int bytes) {
            count(measured.records == 0 ? System.nanoTime() : measured.lastNanos, 1, bytes);
        }

        synchronized void failed(Throwable failure) {
            measured.failed(failure);
            settledCount++;
            failedCount++;
        }

        synchronized long failedCount() {
            return failedCount;
        }

        synchronized long settledCount() {
            return settledCount;
        }

        synchronized void drainTo(Measured sum) {
            if (measured.isEmpty()) return;
            sum.add(measured);
            measured.reset();
        }
    }

    /** Sums of what was recorded. <em>Thread:</em> one. */
    static final class Measured {
        final Histogram latencyMicros = new Histogram(3);
        private long records;
        private long bytes;
        private long errors;
        private long lastNanos;
        private Throwable firstFailure;

        private void counted(long nowNanos, int moreRecords, int moreBytes) {
            if (records == 0 || nowNanos - lastNanos > 0) lastNanos = nowNanos;
            records += moreRecords;
            bytes += moreBytes;
        }

        private void failed(Throwable failure) {
            errors++;
            if (firstFailure == null) firstFailure = failure;
        }

        private void add(Measured other) {
            if (other.latencyMicros.getTotalCount() > 0) latencyMicros.add(other.latencyMicros);
            boolean later = records == 0 || other.lastNanos - lastNanos > 0;
            if (other.records > 0 && later) lastNanos = other.lastNanos;
            records += other.records;
            bytes += other.bytes;
            errors += other.errors;
            if (firstFailure == null) firstFailure = other.firstFailure;
        }

        private void reset() {
            if (latencyMicros.getTotalCount() > 0) latencyMicros.reset();
            records = 0;
            bytes = 0;
            errors = 0;
            firstFailure = null;
        }

        private boolean isEmpty() {
            return records == 0 && errors == 0;
        }

        long records() {
            return records;
        }

        long bytes() {
            return bytes;
        }

        long errors() {
            return errors;
        }

        /** When the last record was counted; by System.nanoTime. */
        long lastNanos() {
            return lastNanos;
        }

        /** Null where nothing failed. */
        Throwable firstFailure() {
            return firstFailure;
        }
    }
}
