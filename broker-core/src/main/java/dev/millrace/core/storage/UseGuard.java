package dev.millrace.core.storage;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps native calls and close apart: a call on a closed RocksDB ends the process with SIGSEGV, it does not throw.
 *
 * <p>Thread: any. Two atomic additions a use, small beside one JNI crossing. A thread inside a use must not close.
 */
final class UseGuard {
    private static final long CLOSED = 1L << 62;

    /** Number of uses in progress, plus {@link #CLOSED} once close began. */
    private final AtomicLong state = new AtomicLong();

    private final String name;

    UseGuard(String name) {
        this.name = name;
    }

    /** Fails: {@link StoreException} once {@link #close} was called. Otherwise pair it with {@link #leave}. */
    void enter() {
        if ((state.incrementAndGet() & CLOSED) != 0) {
            leave();
            throw closed();
        }
    }

    /** Fails: {@link StoreException} once {@link #close} was called. For what may still end after it. */
    void check() {
        if ((state.get() & CLOSED) != 0) {
            throw closed();
        }
    }

    private StoreException closed() {
        return new StoreException(StoreException.Kind.IO, "store is closed: " + name);
    }

    void leave() {
        if (state.decrementAndGet() == CLOSED) {
            synchronized (this) {
                notifyAll();
            }
        }
    }

    /** Refuses new uses and waits for those in progress. Returns true to the first caller only. */
    boolean close() {
        boolean first = (state.getAndUpdate(s -> s | CLOSED) & CLOSED) == 0;
        boolean interrupted = false;
        synchronized (this) {
            while (state.get() != CLOSED) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return first;
    }
}
