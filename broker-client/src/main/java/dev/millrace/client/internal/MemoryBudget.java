package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Bounds the bytes of messages that are not yet acknowledged; whoever wants more waits. Thread: any.
 *
 * <p>Taking and giving back are one atomic addition while nobody waits: every message comes by here.
 */
final class MemoryBudget {
    /** A publisher that outruns the broker sleeps until an eighth is free, not from one acknowledgement to the next. */
    private static final int ROOM_PER_BUDGET = 8;

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final AtomicLong usedBytes = new AtomicLong();
    private final long capacityBytes;
    private final long wakeBelowBytes;
    /** Changed under the lock, before the waiter looks for room once more; read after bytes were given back. */
    private volatile int waiterCount;

    private volatile boolean closed;

    MemoryBudget(long capacityBytes) {
        this.capacityBytes = capacityBytes;
        this.wakeBelowBytes = capacityBytes - capacityBytes / ROOM_PER_BUDGET;
    }

    /** Takes the bytes, waiting for room. A message larger than all of the budget goes alone. Fails: BUFFER_FULL. */
    void reserve(long bytes, long waitNanos) {
        // Who waits already goes first.
        if (closed || waiterCount > 0 || !tryTake(bytes)) {
            waitFor(bytes, waitNanos);
        }
    }

    private boolean tryTake(long bytes) {
        for (long used = usedBytes.get(); used <= 0 || used + bytes <= capacityBytes; used = usedBytes.get()) {
            if (usedBytes.compareAndSet(used, used + bytes)) {
                return true;
            }
        }
        return false;
    }

    private void waitFor(long bytes, long waitNanos) {
        lock.lock();
        waiterCount++;
        try {
            for (long leftNanos = waitNanos; !closed; leftNanos -= pause(leftNanos)) {
                if (tryTake(bytes)) {
                    return;
                }
                if (leftNanos <= 0) {
                    throw full(bytes, waitNanos);
                }
            }
            throw Link.closedException();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(Fault.BUFFER_FULL, "interrupted while waiting for room in the buffer", e);
        } finally {
            waiterCount--;
            lock.unlock();
        }
    }

    /** Returns the time that passed. The rest may lie between {@link #wakeBelowBytes} and full, so look now and then. */
    private long pause(long nanosMax) throws InterruptedException {
        long nanos = Math.min(nanosMax, LOOK_NANOS);
        return nanos - freed.awaitNanos(nanos);
    }

    private MillraceException full(long bytes, long waitNanos) {
        return new MillraceException(
                Fault.BUFFER_FULL,
                "no room for " + bytes + " bytes after " + TimeUnit.NANOSECONDS.toMillis(waitNanos) + " ms: "
                        + usedBytes + " of " + capacityBytes + " bytes wait for acknowledgement");
    }

    void release(long bytes) {
        if (usedBytes.addAndGet(-bytes) <= wakeBelowBytes && waiterCount > 0) {
            wakeWaiters();
        }
    }

    private void wakeWaiters() {
        lock.lock();
        try {
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Fails whoever waits. */
    void close() {
        closed = true;
        wakeWaiters();
    }

    long usedBytes() {
        return usedBytes.get();
    }
}
