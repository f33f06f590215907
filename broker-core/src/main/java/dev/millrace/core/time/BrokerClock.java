package dev.millrace.core.time;

import java.util.concurrent.TimeUnit;

/**
 * Makes of a machine's two clocks the {@link Stamp}s of a shard, so that a wall clock that jumps deletes nothing and ends
 * no session.
 *
 * <p>It keeps a <em>believed</em> time, which runs on the monotonic clock and follows the wall clock: at once where they
 * differ by a second or less, else only after the wall clock has stood by its new time for {@link #BELIEF_MS}. Then:
 *
 * <pre>
 *   nowMs    = the latest of wall clock, believed time and the nowMs before
 *   dueMs    = the earlier of wall clock and believed time
 *   steadyMs = monotonic; of a gap between two readings it counts {@link #WATCHED_MS_MAX} at most
 * </pre>
 *
 * What is written while the clock is ahead is kept longer, and nothing goes sooner than asked for a clock that is wrong
 * for less than {@link #BELIEF_MS}. One that stays wrong for longer cannot be told from one that was set right.
 *
 * <p>The gaps are what SIGSTOP, a suspended machine or a long collection leave: members could not reach the broker then,
 * so their sessions do not run. Thread: shard, which reads several times a second.
 */
public final class BrokerClock {
    /** Long enough for a person or a time daemon to correct a mistake, short enough not to matter to retention. */
    public static final long BELIEF_MS = TimeUnit.MINUTES.toMillis(10);

    /** The session check comes every 200 ms; a session of a second bears this and a heartbeat at a third of it. */
    public static final long WATCHED_MS_MAX = 400;

    private static final long TOLERANCE_MS = 1_000;
    /** How often the believed time looks at the wall clock. */
    private static final long FOLLOW_MS = 100;
    /** It moves by a tenth of the time that passed at most: a wall clock at double speed is not followed. */
    private static final long SLEW_SHARE = 10;

    private final TimeSource time;
    private final Listener listener;
    private final long originNanos;
    private long lastNanos;
    private long steadyNanos;
    /** Believed time less monotonic time. */
    private long believedOffsetMs;

    private volatile long believedAheadMs;
    private long followedMs;
    private long nowMs;
    private boolean doubting;
    private long doubtedOffsetMs;
    private long doubtedSinceSteadyMs;

    /** Hears of a wall clock that is not followed at once. Thread: shard. */
    public interface Listener {
        void onUnconfirmed(long aheadMs);

        void onFollowed(long movedMs);
    }

    public BrokerClock(TimeSource time, Listener listener) {
        this.time = time;
        this.listener = listener;
        this.originNanos = time.nanoTime();
        this.lastNanos = originNanos;
        this.nowMs = time.nowMs();
        this.believedOffsetMs = nowMs;
        this.steadyNanos = TimeUnit.MILLISECONDS.toNanos(nowMs);
        publishAhead();
    }

    /**
     * Takes up the time at which a store was written last; negative for none. What the wall clock says beyond it must prove
     * itself like any jump: machines often start with a wrong clock that is corrected a moment later.
     *
     * @param lastStampMs the newest append time: no later one may be before it
     * @param lastDueMs the newest {@link Stamp#dueMs}: what was believed, also where append times ran ahead of it
     */
    public void resumeFrom(long lastStampMs, long lastDueMs) {
        long believedMs = lastDueMs >= 0 ? lastDueMs : lastStampMs;
        if (believedMs >= 0) {
            believedOffsetMs = believedMs - monotonicMs(lastNanos);
        }
        nowMs = Math.max(nowMs, lastStampMs);
        publishAhead();
    }

    /**
     * Takes up what {@link #believedAheadMs} was in this boot of the machine: the monotonic clock went on, so the time since
     * is known. After {@link #resumeFrom}; believed only where it is not before what was believed then.
     */
    public void resumeInSameBoot(long aheadMs) {
        long offsetMs = aheadMs + TimeUnit.NANOSECONDS.toMillis(originNanos);
        believedOffsetMs = Math.max(believedOffsetMs, offsetMs);
        publishAhead();
    }

    /** By how much the believed time is ahead of the machine's monotonic clock. Thread: any. */
    public long believedAheadMs() {
        return believedAheadMs;
    }

    private void publishAhead() {
        believedAheadMs = believedOffsetMs - TimeUnit.NANOSECONDS.toMillis(originNanos);
    }

    public Stamp read() {
        long nanos = time.nanoTime();
        long wallMs = time.nowMs();
        steadyNanos += Math.min(nanos - lastNanos, TimeUnit.MILLISECONDS.toNanos(WATCHED_MS_MAX));
        lastNanos = nanos;
        long monotonicMs = monotonicMs(nanos);
        if (monotonicMs - followedMs >= FOLLOW_MS) {
            follow(wallMs - monotonicMs, monotonicMs - followedMs);
            followedMs = monotonicMs;
            publishAhead();
        }
        long believedMs = monotonicMs + believedOffsetMs;
        nowMs = Math.max(nowMs, Math.max(wallMs, believedMs));
        return new Stamp(nowMs, Math.min(wallMs, believedMs), steadyMs(), believedMs);
    }

    private void follow(long wallOffsetMs, long passedMs) {
        long aheadMs = wallOffsetMs - believedOffsetMs;
        if (Math.abs(aheadMs) <= TOLERANCE_MS) {
            long slewMs = passedMs / SLEW_SHARE;
            believedOffsetMs += Math.max(-slewMs, Math.min(slewMs, aheadMs));
            doubting = false;
        } else if (!doubting || Math.abs(wallOffsetMs - doubtedOffsetMs) > TOLERANCE_MS) {
            doubt(wallOffsetMs, aheadMs);
        } else if (steadyMs() - doubtedSinceSteadyMs >= BELIEF_MS) {
            believedOffsetMs = wallOffsetMs;
            doubting = false;
            listener.onFollowed(aheadMs);
        }
    }

    private void doubt(long wallOffsetMs, long aheadMs) {
        if (!doubting) {
            listener.onUnconfirmed(aheadMs);
        }
        doubting = true;
        doubtedOffsetMs = wallOffsetMs;
        doubtedSinceSteadyMs = steadyMs();
    }

    private long monotonicMs(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos - originNanos);
    }

    private long steadyMs() {
        return TimeUnit.NANOSECONDS.toMillis(steadyNanos);
    }
}
