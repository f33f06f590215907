package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Bounds the bytes of messages that are not yet acknowledged; whoever wants more waits. Thread: any. */
final class MemoryBudget {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final long capacityBytes;
    private long usedBytes;
    private boolean closed;

    MemoryBudget(long capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    /** Takes the bytes, waiting for room. A message larger than all of the budget goes alone. Fails: BUFFER_FULL. */
    void reserve(long bytes, long waitNanos) {
        lock.lock();
        try {
            long leftNanos = waitNanos;
            while (!closed && usedBytes > 0 && usedBytes + bytes > capacityBytes) {
                if (leftNanos <= 0) {
                    throw full(bytes, waitNanos);
                }
                leftNanos = freed.awaitNanos(leftNanos);
            }
            if (closed) {
                throw Link.closedException();
            }
            usedBytes += bytes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(Fault.BUFFER_FULL, "interrupted while waiting for room in the buffer", e);
        } finally {
            lock.unlock();
        }
    }

    private MillraceException full(long bytes, long waitNanos) {
        return new MillraceException(
                Fault.BUFFER_FULL,
                "no room for " + bytes + " bytes after " + TimeUnit.NANOSECONDS.toMillis(waitNanos) + " ms: "
                        + usedBytes + " of " + capacityBytes + " bytes wait for acknowledgement");
    }

    void release(long bytes) {
        lock.lock();
        try {
            usedBytes -= bytes;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Fails whoever waits. */
    void close() {
        lock.lock();
        try {
            closed = true;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    long usedBytes() {
        lock.lock();
        try {
            return usedBytes;
        } finally {
            lock.unlock();
        }
    }
}
