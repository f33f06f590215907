package dev.millrace.server.tracing;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Spans on their way to the exporter. Nobody ever waits: what finds no room is dropped and counted. Thread: any. */
final class SpanQueue {
    private final int countMax;
    private final Queue<BrokerSpan> spans = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder dropped = new LongAdder();

    SpanQueue(int countMax) {
        this.countMax = countMax;
    }

    void add(BrokerSpan span) {
        if (count.incrementAndGet() > countMax) {
            count.decrementAndGet();
            dropped.increment();
            return;
        }
        spans.add(span);
    }

    /** At most so many, the oldest first; none where there is none. */
    List<BrokerSpan> take(int atMost) {
        List<BrokerSpan> taken = new ArrayList<>();
        while (taken.size() < atMost) {
            BrokerSpan next = spans.poll();
            if (next == null) {
                break;
            }
            taken.add(next);
        }
        count.addAndGet(-taken.size());
        return taken;
    }

    /** Counts spans that came to nothing elsewhere. */
    void drop(long more) {
        dropped.add(more);
    }

    /** Since the start. */
    long droppedCount() {
        return dropped.sum();
    }
}
