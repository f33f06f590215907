package dev.millrace.server.net;

import io.netty.util.concurrent.EventExecutor;
import java.util.LinkedHashSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Memory that waits for peers: frames that they have begun and not finished, answers and deliveries that they have not
 * taken. It is theirs to end, so the limits of requests do not bound it, and thousands of connections that hold a little
 * each would take all there is.
 *
 * <p>The fuller it is the less each connection gets ahead ({@link #share}). Past the limit, whoever has held for longest
 * without moving is cut off, after a grace in which any peer that behaves finishes its frame or takes what it was sent;
 * past twice the limit there is no grace.
 *
 * <p>Thread: any.
 */
public final class PeerMemory {
    static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final int SHARE = 4;
    private static final long SHARE_BYTES_MIN = 64 << 10;

    private final long bytesMax;
    private final LongSupplier nanoTime;
    private final LinkedHashSet<Holding> longestFirst = new LinkedHashSet<>();
    private final LongAdder cutOff = new LongAdder();
    private volatile long bytes;
    private long underReviewBytes;
    private boolean timerRuns;

    /** What holds memory for a peer. Thread: its executor. */
    public interface Holder {
        /** Whether the peer has done its part since the last {@link Holding#hold}, or could not. */
        boolean hasMoved();

        /** Lets go of the memory, and of the connection. */
        void cutOff();
    }

    public PeerMemory(long bytesMax) {
        this(bytesMax, System::nanoTime);
    }

    PeerMemory(long bytesMax, LongSupplier nanoTime) {
        this.bytesMax = bytesMax;
        this.nanoTime = nanoTime;
    }

    /** Opens an account without bytes. */
    public Holding open(EventExecutor executor, Holder holder) {
        return new Holding(executor, holder);
    }

    /** What one connection holds for one reason. Thread: its executor. */
    public final class Holding {
        private final EventExecutor executor;
        private final Holder holder;
        private long held;
        private long sinceNanos;
        private long reviewedBytes;

        private Holding(EventExecutor executor, Holder holder) {
            this.executor = executor;
            this.holder = holder;
        }

        /** It holds so much now; {@code moved} where the peer has done its part since the last call. */
        public void hold(long bytesNow, boolean moved) {
            if (bytesNow != held || (moved && held > 0)) {
                set(this, bytesNow, moved || held == 0);
            }
        }

        /** The one to go, as far as is known: the connection looks again. */
        private void review() {
            if (held == 0) {
                return;
            }
            if (holder.hasMoved()) {
                hold(held, true);
            } else {
                hold(0, true);
                cutOff.increment();
                holder.cutOff();
            }
        }
    }

    /** Bytes that one connection may hold ahead of its peer at present. */
    public long share() {
        return Math.max(SHARE_BYTES_MIN, (bytesMax - bytes) / SHARE);
    }

    public long bytes() {
        return bytes;
    }

    /** Connections that were closed to get memory back. */
    public long cutOff() {
        return cutOff.sum();
    }

    private void set(Holding holding, long bytesNow, boolean moved) {
        synchronized (this) {
            bytes += bytesNow - holding.held;
            holding.held = bytesNow;
            boolean underReview = holding.reviewedBytes > 0;
            underReviewBytes -= holding.reviewedBytes;
            holding.reviewedBytes = 0;
            if (bytesNow == 0) {
                longestFirst.remove(holding);
            } else if (moved) {
                holding.sinceNanos = nanoTime.getAsLong();
                longestFirst.remove(holding);
                longestFirst.add(holding);
            } else if (underReview) {
                countUnderReview(holding);
            }
        }
        enforce();
    }

    private void enforce() {
        for (Holding next = nextForReview(); next != null; next = nextForReview()) {
            next.executor.execute(next::review);
        }
    }

    /** Takes the longest holding out of the order, or sees to it that it is looked at when its grace is over. */
    private synchronized Holding nextForReview() {
        long counted = bytes - underReviewBytes;
        if (counted <= bytesMax || longestFirst.size() < 2) {
            return null;
        }
        Holding longest = longestFirst.iterator().next();
        if (longest.executor.isShuttingDown()) {
            return null;
        }
        long graceNanos = longest.sinceNanos + GRACE_NANOS - nanoTime.getAsLong();
        if (graceNanos > 0 && counted <= 2 * bytesMax) {
            enforceIn(graceNanos, longest.executor);
            return null;
        }
        longestFirst.remove(longest);
        countUnderReview(longest);
        return longest;
    }

    /** What it holds counts as good as gone until it has answered: one is asked at a time, not all at once. */
    private void countUnderReview(Holding holding) {
        holding.reviewedBytes = holding.held;
        underReviewBytes += holding.held;
    }

    private void enforceIn(long nanos, EventExecutor executor) {
        if (!timerRuns) {
            timerRuns = true;
            executor.schedule(this::onTimer, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void onTimer() {
        synchronized (this) {
            timerRuns = false;
        }
        enforce();
    }
}
