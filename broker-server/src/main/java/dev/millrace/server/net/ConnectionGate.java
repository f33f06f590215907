package dev.millrace.server.net;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts the connections of a listener and refuses those over the limit. Thread: any. */
public final class ConnectionGate {
    private final int connectionsMax;
    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder accepted = new LongAdder();
    private final LongAdder refused = new LongAdder();

    public ConnectionGate(int connectionsMax) {
        this.connectionsMax = connectionsMax;
    }

    /** True where one more may come in; then {@link #leave} must follow once. */
    boolean enter() {
        if (open.incrementAndGet() > connectionsMax) {
            open.decrementAndGet();
            refused.increment();
            return false;
        }
        accepted.increment();
        return true;
    }

    void leave() {
        open.decrementAndGet();
    }

    public int connectionsMax() {
        return connectionsMax;
    }

    public int open() {
        return open.get();
    }

    public long accepted() {
        return accepted.sum();
    }

    public long refused() {
        return refused.sum();
    }
}
