package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.ProjectionDatabase.TakenOverException;
import dev.millrace.client.ProjectionStoppedException;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** What the threads of one projection share: how far each partition is, what is parked, and whether it ends. Thread: any. */
final class ProjectionRun {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final Duration PASSING_PAUSE = Duration.ofMillis(500);
    private static final long BACKOFF_MAX_MS = TimeUnit.MINUTES.toMillis(1);
    private static final int ERROR_CHARS_MAX = 1000;
    /** They are in memory; and whoever has so many parked would rather know. */
    private static final int PARKED_COUNT_MAX = 100_000;

    final ProjectionOptions options;
    final ParkedKeys parked = new ParkedKeys();
    final Map<TopicPartition, ProjectionTrack> tracks = new ConcurrentSkipListMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private long moves;

    /** One try to do something for an event. */
    interface Step {
        void run() throws Exception;
    }

    /** Puts an event aside. */
    interface Parking {
        void park(ParkedEvent event) throws Exception;
    }

    ProjectionRun(ProjectionOptions options) {
        this.options = options;
    }

    // ---- the end

    boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** @param cause null where that was wanted */
    void stop(Throwable cause) {
        if (cause != null) {
            failure.compareAndSet(null, cause);
        }
        stopping.countDown();
        moved();
    }

    Throwable failure() {
        return failure.get();
    }

    /** Waits; true where the projection ends. */
    boolean pause(long ms) throws InterruptedException {
        return stopping.await(ms, TimeUnit.MILLISECONDS);
    }

    // ---- progress

    /** Something was passed, or the projection ends: wakes all who wait. */
    synchronized void moved() {
        moves++;
        notifyAll();
    }

    synchronized long moves() {
        return moves;
    }

    /** Waits until something has moved since, at most until the deadline; never longer than the next move. */
    synchronized void awaitMove(long since, long deadlineNanos) throws InterruptedException {
        long leftNanos = deadlineNanos - System.nanoTime();
        while (moves == since && leftNanos > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
            leftNanos = deadlineNanos - System.nanoTime();
        }
    }

    Map<TopicPartition, Long> passed() {
        Map<TopicPartition, Long> passed = new TreeMap<>();
        tracks.forEach((partition, track) -> passed.put(partition, track.passed()));
        return passed;
    }

    int inHandCount() {
        return tracks.values().stream().mapToInt(ProjectionTrack::inHandCount).sum();
    }

    void finished(ProjectionTask task) {
        task.track.finished(task);
        moved();
    }

    // ---- one event

    /**
     * Brings one event behind it: handled, or parked, or the projection stops at it.
     *
     * @param mode says which failures may pass by themselves: those blame no event
     */
    void bringThrough(ProjectionTask task, ProjectionMode mode, Step handle, Parking parking)
            throws InterruptedException {
        long backoffMs = options.backoff().toMillis();
        int attempts = 0;
        ParkedEvent putAside = parked.addBehind(task.event);
        while (putAside == null && !isStopping()) {
            try {
                handle.run();
                finished(task);
                return;
            } catch (TakenOverException | Error e) {
                stop(e);
                return;
            } catch (Exception e) {
                if (mode.passes(e)) {
                    waitAfter(task, e);
                    continue;
                }
                attempts++;
                if (attempts > options.retries()) {
                    putAside = giveUp(task, e, attempts);
                    if (putAside == null) return;
                } else if (pause(backoffMs)) {
                    return;
                }
                backoffMs = Math.min(BACKOFF_MAX_MS, 2 * backoffMs);
            }
        }
        if (putAside != null) {
            park(task, putAside, mode, parking);
        }
    }

    /** Null where the projection stops. */
    ParkedEvent giveUp(ProjectionTask task, Throwable cause, int attempts) {
        if (!options.parkKeys()) {
            stop(new ProjectionStoppedException(options.id(), task.event, attempts, cause));
            return null;
        }
        LOG.log(
                System.Logger.Level.WARNING,
                "projection.parked projection={0} event={1} attempts={2} cause={3}",
                options.id(),
                task.position(),
                attempts,
                cause.getClass().getName());
        return parked.add(task.event, describe(cause), attempts);
    }

    static String describe(Throwable cause) {
        String text = cause.toString();
        return text.length() <= ERROR_CHARS_MAX ? text : text.substring(0, ERROR_CHARS_MAX);
    }

    private void park(ProjectionTask task, ParkedEvent putAside, ProjectionMode mode, Parking parking)
            throws InterruptedException {
        if (parked.count() > PARKED_COUNT_MAX) {
            stop(new MillraceException(
                    Fault.LIMIT_REACHED,
                    "projection " + options.id() + " stopped at " + task.position() + ": " + PARKED_COUNT_MAX
                            + " events are parked already; see parked(), and retry or discard them"));
        }
        while (!isStopping()) {
            try {
                parking.park(putAside);
                finished(task);
                return;
            } catch (TakenOverException | Error e) {
                stop(e);
            } catch (Exception e) {
                if (mode.passes(e)) {
                    waitAfter(task, e);
                } else {
                    stop(new ProjectionStoppedException(options.id(), task.event, putAside.attempts(), e));
                }
            }
        }
    }

    private void waitAfter(ProjectionTask task, Exception e) throws InterruptedException {
        LOG.log(
                System.Logger.Level.WARNING,
                "projection.waits projection={0} event={1} cause={2}",
                options.id(),
                task.position(),
                e.toString());
        pause(PASSING_PAUSE.toMillis());
    }
}
