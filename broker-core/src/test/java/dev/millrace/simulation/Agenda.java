package dev.millrace.simulation;

import dev.millrace.core.time.TimeSource;
import java.util.PriorityQueue;

/**
 * Virtual time, and what is to happen in it: in the order of time, and of arrival where times are equal.
 *
 * <p>Time itself only goes forward; the wall clock that the broker reads may be set.
 */
final class Agenda implements TimeSource {
    private static final long START_MS = 1_800_000_000_000L;

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowMicros;
    private long count;
    private long wallAheadMs;

    private record Event(long atMicros, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(atMicros, other.atMicros);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    void in(long delayMicros, Runnable action) {
        at(nowMicros + delayMicros, action);
    }

    void at(long micros, Runnable action) {
        events.add(new Event(Math.max(micros, nowMicros), count++, action));
    }

    /** Moves time to the next event and lets it happen. */
    void runNext() {
        Event next = events.remove();
        nowMicros = next.atMicros;
        next.action.run();
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    long nowMicros() {
        return nowMicros;
    }

    /** Sets the wall clock, by so much from where it is. */
    void moveWallClock(long byMs) {
        wallAheadMs += byMs;
    }

    /** Sets the wall clock right. */
    void mendWallClock() {
        wallAheadMs = 0;
    }

    /** What a wall clock would show that nobody has touched. */
    long trueMs() {
        return START_MS + nowMicros / 1000;
    }

    @Override
    public long nowMs() {
        return START_MS + nowMicros / 1000 + wallAheadMs;
    }

    @Override
    public long nanoTime() {
        return nowMicros * 1000;
    }
}
