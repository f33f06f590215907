package dev.millrace.server.net;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Bytes of requests not yet answered, of all connections together; and, apart from them, what waits for peers. The two
 * must not share a limit: peers that hold on to their part would stop the reading of all. Thread: any.
 */
public final class InFlightBytes {
    /** On top of the requests' limit, what waits for peers may take a quarter of it. */
    private static final int PEERS_SHARE = 4;

    private final long bytesMax;
    private final PeerMemory peers;
    private final AtomicLong bytes = new AtomicLong();
    private final LongAdder pauses = new LongAdder();
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    public InFlightBytes(long bytesMax) {
        this.bytesMax = bytesMax;
        this.peers = new PeerMemory(bytesMax / PEERS_SHARE);
    }

    /** What waits for peers. */
    public PeerMemory peers() {
        return peers;
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
