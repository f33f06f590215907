package dev.millrace.server.net;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Bytes of requests not yet answered, of all connections together. Thread: any. */
public final class InFlightBytes {
    private final long bytesMax;
    private final AtomicLong bytes = new AtomicLong();
    private final LongAdder pauses = new LongAdder();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    public InFlightBytes(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    public long bytes() {
        return bytes.get();
    }

    /** How often a connection was paused, for its own bytes or for those of all. */
    public long pauses() {
        return pauses.sum();
    }

    void add(long count) {
        bytes.addAndGet(count);
    }

    void release(long count) {
        if (bytes.addAndGet(-count) <= bytesMax / 2) {
            wakeAll();
        }
    }

    boolean isOver() {
        return bytes.get() > bytesMax;
    }

    void countPause() {
        pauses.increment();
    }

    /** Calls {@code wakeUp} once, on any thread, when no more than half of the limit is in flight. */
    void whenBelowHalf(Runnable wakeUp) {
        waiting.add(wakeUp);
        // The last release may have come between the caller's check and the add.
        if (bytes.get() <= bytesMax / 2) {
            wakeAll();
        }
    }

    private void wakeAll() {
        for (Runnable wakeUp; (wakeUp = waiting.poll()) != null; ) {
            wakeUp.run();
        }
    }
}
