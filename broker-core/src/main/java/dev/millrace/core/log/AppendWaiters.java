package dev.millrace.core.log;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/** Those who wait for an offset to become durable. Thread: any. */
final class AppendWaiters {
    private static final Logger LOG = System.getLogger(AppendWaiters.class.getName());

    private final ConcurrentLinkedQueue<Waiter> queue = new ConcurrentLinkedQueue<>();

    private static final class Waiter {
        final long offset;
        final Runnable wakeUp;
        final AtomicBoolean done = new AtomicBoolean();

        Waiter(long offset, Runnable wakeUp) {
            this.offset = offset;
            this.wakeUp = wakeUp;
        }

        void wake() {
            if (!done.compareAndSet(false, true)) {
                return;
            }
            try {
                wakeUp.run();
            } catch (RuntimeException failed) {
                // The syncer calls: one reader's event loop that is gone must not stop everyone's acknowledgements.
                LOG.log(Level.WARNING, "wake up failed", failed);
            }
        }
    }

    /** Calls {@code wakeUp} once when the end passes {@code offset}; the answer cancels. */
    Runnable add(long offset, Runnable wakeUp) {
        Waiter waiter = new Waiter(offset, wakeUp);
        queue.add(waiter);
        return () -> {
            waiter.done.set(true);
            queue.remove(waiter);
        };
    }

    /** Wakes those whose offset lies before {@code end}. */
    void wake(long end) {
        if (queue.isEmpty()) {
            return;
        }
        queue.removeIf(waiter -> {
            if (waiter.offset >= end) {
                return false;
            }
            waiter.wake();
            return true;
        });
    }

    void wakeAll() {
        wake(Long.MAX_VALUE);
    }
}
