package dev.millrace.core.shard;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Bounded queue of requests for one shard: offered by any thread, drained by the shard thread. */
final class Inbox<E> {
    private final ConcurrentLinkedQueue<Entry<E>> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final int countMax;
    private final long bytesMax;
    private volatile Thread sleeper;

    private record Entry<E>(E element, int requestCount, int sizeBytes) {}

    Inbox(int countMax, long bytesMax) {
        this.countMax = countMax;
        this.bytesMax = bytesMax;
    }

    /**
     * Returns false when the inbox is full; the caller answers OVERLOADED. Thread: any.
     *
     * @param requestCount how many the element stands for, which are taken together
     */
    boolean offer(E element, int requestCount, int sizeBytes) {
        if (count.addAndGet(requestCount) > countMax) {
            count.addAndGet(-requestCount);
            return false;
        }
        if (bytes.addAndGet(sizeBytes) > bytesMax) {
            bytes.addAndGet(-sizeBytes);
            count.addAndGet(-requestCount);
            return false;
        }
        queue.add(new Entry<>(element, requestCount, sizeBytes));
        wake();
        return true;
    }

    /** Takes what waits, up to the bounds; at least one element where there is one. Thread: shard. */
    List<E> drain(int batchCountMax, long batchBytesMax) {
        List<E> batch = new ArrayList<>();
        int batchCount = 0;
        long batchBytes = 0;
        for (Entry<E> next = queue.peek(); next != null; next = queue.peek()) {
            boolean fits =
                    next.requestCount <= batchCountMax - batchCount && batchBytes + next.sizeBytes <= batchBytesMax;
            if (!fits && !batch.isEmpty()) {
                break;
            }
            queue.remove();
            batch.add(next.element);
            batchCount += next.requestCount;
            batchBytes += next.sizeBytes;
        }
        count.addAndGet(-batchCount);
        bytes.addAndGet(-batchBytes);
        return batch;
    }

    /** Wakes the thread in {@link #await}, if any. Thread: any. */
    void wake() {
        Thread waiting = sleeper;
        if (waiting != null) {
            LockSupport.unpark(waiting);
        }
    }

    /**
     * Waits until something is offered or {@link #wake} is called, at most {@code nanosMax}; with {@code stalled} also
     * while elements wait, because the shard cannot take them now. Thread: shard.
     */
    void await(long nanosMax, BooleanSupplier stalled) {
        sleeper = Thread.currentThread();
        if (queue.isEmpty() || stalled.getAsBoolean()) {
            LockSupport.parkNanos(this, nanosMax);
        }
        sleeper = null;
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    int count() {
        return count.get();
    }

    long bytes() {
        return bytes.get();
    }
}
