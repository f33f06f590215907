package dev.millrace.client.internal;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Which messages of one partition are in the hands of handlers, and up to where all are finished.
 *
 * <p>Messages finish out of order; what may be committed is the offset of the first unfinished one. Thread: any, by its
 * monitor.
 */
final class HandledPartition {
    /** One message in hand. */
    static final class Entry {
        final long offset;
        private boolean finished;

        private Entry(long offset) {
            this.offset = offset;
        }
    }

    private final Deque<Entry> unfinished = new ArrayDeque<>();
    private int running;
    private boolean dropped;

    synchronized Entry handOut(long offset) {
        Entry entry = new Entry(offset);
        unfinished.add(entry);
        return entry;
    }

    /** Called before the handler; false where the message is no longer wanted. */
    synchronized boolean begin() {
        if (dropped) {
            return false;
        }
        running++;
        return true;
    }

    synchronized void end(Entry entry, boolean finished) {
        running--;
        entry.finished = finished;
        while (!unfinished.isEmpty() && unfinished.peek().finished) {
            unfinished.remove();
        }
        notifyAll();
    }

    synchronized long finishedOffset(long position) {
        return unfinished.isEmpty() ? position : unfinished.peek().offset;
    }

    /** Drops what waits and returns when nothing runs. */
    synchronized void settle() {
        dropped = true;
        boolean interrupted = false;
        while (running > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Drops what waits; what runs may end when it likes. */
    synchronized void drop() {
        dropped = true;
    }
}
