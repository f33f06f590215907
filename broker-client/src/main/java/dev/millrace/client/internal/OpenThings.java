package dev.millrace.client.internal;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What was opened from a client and is still open, so that closing the client closes it. Thread: any. */
final class OpenThings {
    private final Set<AutoCloseable> open = new LinkedHashSet<>();
    private boolean closed;

    /** Fails: CLIENT_CLOSED. */
    synchronized void add(AutoCloseable thing) {
        if (closed) {
            throw Link.closedException();
        }
        open.add(thing);
    }

    synchronized void remove(AutoCloseable thing) {
        open.remove(thing);
    }

    /** All that is open, the latest first; nothing can be added from now on. */
    synchronized List<AutoCloseable> drain() {
        closed = true;
        List<AutoCloseable> latestFirst = new ArrayList<>();
        open.forEach(thing -> latestFirst.add(0, thing));
        open.clear();
        return latestFirst;
    }
}
