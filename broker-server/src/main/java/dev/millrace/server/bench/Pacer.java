package dev.millrace.server.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Says when the next record is due. <em>Thread:</em> one.
 *
 * <p>With a rate the times follow from the start alone (open loop): where the broker or the client stalls, records
 * are published late but count from when they were due, so the stall is in the latencies of all records that it held up
 * (no coordinated omission).
 *
 * <p>Above 2,000/s records fall due in bursts, every 500 µs: waking up for each would take a core from the broker.
 */
final class Pacer {
    /** What {@link #awaitNext()} returns when there is nothing more to publish. */
    static final long END = Long.MIN_VALUE;
    /** What {@link #awaitNext()} returns for a record that is published now and of which no latency is taken. */
    static final long UNTIMED = END + 1;

    private static final double TICK_NANOS = 500_000;
    /** So many are timed at least, where there are as many. */
    private static final long ALL_TIMED = 10_000;
    /** A thread that sleeps wakes up some 60 µs late; it spins for the rest of the way. */
    private static final long SPIN_NANOS = 60_000;
    /** So long after the end, records that fell due before it are still published: they are those that waited longest. */
    private static final long LATE_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);
    /** So that a stop is seen. */
    private static final long SLEEP_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(50);

    /** The clock, which tests move by hand. */
    interface Clock {
        Clock SYSTEM = new Clock() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public void sleep(long nanos) {
                LockSupport.parkNanos(nanos);
            }
        };

        long nanoTime();

        /** Waits about so long. */
        void sleep(long nanos);
    }

    /**
     * What one thread publishes.
     *
     * @param intervalNanos between two records, or 0 for as fast as it goes
     * @param phaseNanos of the first record after the start
     * @param endNanos when to end
     * @param records the most
     * @param timedEvery without an interval, after the first {@value #ALL_TIMED} records one in so many is timed
     */
    record Schedule(
            long startNanos, double intervalNanos, double phaseNanos, long endNanos, long records, int timedEvery) {}

    private final Schedule schedule;
    private final Clock clock;
    private final BooleanSupplier stopped;
    private final double tickNanos;
    private long taken;

    Pacer(Schedule schedule, Clock clock, BooleanSupplier stopped) {
        this.schedule = schedule;
        this.clock = clock;
        this.stopped = stopped;
        this.tickNanos = schedule.intervalNanos() < TICK_NANOS ? TICK_NANOS : 1;
    }

    /** Waits until a record is due. Returns the time from which it counts, {@link #UNTIMED} or {@link #END}. */
    long awaitNext() {
        if (taken >= schedule.records() || stopped.getAsBoolean()) return END;
        boolean paced = schedule.intervalNanos() > 0;
        if (!paced && taken >= ALL_TIMED && taken % schedule.timedEvery() != 0) {
            taken++;
            return UNTIMED;
        }
        long nowNanos = clock.nanoTime();
        long dueNanos = paced ? dueNanos(taken) : nowNanos;
        long lastNanos = schedule.endNanos() + (paced ? LATE_NANOS_MAX : 0);
        while (true) {
            if (dueNanos - schedule.endNanos() >= 0 || nowNanos - lastNanos >= 0) return END;
            long aheadNanos = dueNanos - nowNanos;
            if (aheadNanos <= 0) break;
            pause(aheadNanos);
            if (stopped.getAsBoolean()) return END;
            nowNanos = clock.nanoTime();
        }
        taken++;
        return dueNanos;
    }

    private void pause(long aheadNanos) {
        if (aheadNanos > SPIN_NANOS) {
            clock.sleep(Math.min(aheadNanos - SPIN_NANOS, SLEEP_NANOS_MAX));
        } else {
            Thread.onSpinWait();
        }
    }

    private long dueNanos(long record) {
        double sinceStart = schedule.phaseNanos() + record * schedule.intervalNanos();
        return schedule.startNanos() + (long) (Math.floor(sinceStart / tickNanos) * tickNanos);
    }

    /** Records that fell due before the end, or before now where that is earlier, but were not taken. */
    long missed() {
        if (schedule.intervalNanos() == 0) return 0;
        long untilNanos =
                Math.min(schedule.endNanos() - schedule.startNanos(), clock.nanoTime() - schedule.startNanos());
        long due = (long) Math.ceil((untilNanos - schedule.phaseNanos()) / schedule.intervalNanos());
        return Math.max(0, Math.min(due, schedule.records()) - taken);
    }
}
