package dev.millrace.core.storage;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps the first failed write or sync of a store. Where two threads fail together, RocksDB tells one of them why and the
 * other only that there was an error: that one waits for the first, so that the cause is what is kept. Thread: any.
 */
final class WriteFailure {
    private static final long CAUSE_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final AtomicInteger underWay = new AtomicInteger();
    private volatile StoreException first;

    /** The first failure, or null. */
    StoreException get() {
        return first;
    }

    /** A write or sync begins; {@link #end} must follow, after {@link #set} where it failed. */
    void begin() {
        underWay.incrementAndGet();
    }

    void end() {
        underWay.decrementAndGet();
    }

    /** Returns whether this was the first. */
    boolean set(StoreException error) {
        if (RocksLog.isNameless(String.valueOf(error.getMessage()))) {
            awaitCause();
        }
        synchronized (this) {
            boolean isFirst = first == null;
            if (isFirst) {
                first = error;
            }
            return isFirst;
        }
    }

    private void awaitCause() {
        for (long nanos = 0; first == null && underWay.get() > 1 && nanos < CAUSE_WAIT_NANOS; nanos += LOOK_NANOS) {
            LockSupport.parkNanos(this, LOOK_NANOS);
        }
    }
}
