package dev.millrace.server.protocol.wire;

import dev.millrace.core.EventFilter;
import dev.millrace.core.wire.StreamFrames.Checkpoint;
import java.util.concurrent.TimeUnit;

/**
 * What a filtered subscription has passed over, and when its client is to hear of it: else a filter that lets little
 * through would begin far back after each reconnect. Thread: the connection's event loop.
 */
final class Filtering {
    /** Records passed over after which the client hears how far it is. */
    static final long SKIPPED_MAX = 1000;

    static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** A subscription that was caught up and is this far behind has fallen behind. */
    static final long BEHIND_MIN = 1000;

    private static final byte NO_SIGNAL = 0;
    private static final byte CAUGHT_UP = 1;
    private static final byte FELL_BEHIND = 2;

    private final EventFilter filter;
    private long skipped;
    private long toldNanos;
    private boolean caughtUp;

    Filtering(EventFilter filter, long nowNanos) {
        this.filter = filter;
        this.toldNanos = nowNanos;
    }

    EventFilter filter() {
        return filter;
    }

    /** After a read; what to tell, or null. */
    Checkpoint afterRead(long skippedMore, long nextOffset, long endOffset, long nowNanos) {
        skipped += skippedMore;
        if (caughtUp && endOffset - nextOffset >= BEHIND_MIN) {
            caughtUp = false;
            return tell(FELL_BEHIND, nextOffset, endOffset, nowNanos);
        }
        return skipped >= SKIPPED_MAX || isDue(nowNanos) ? tell(NO_SIGNAL, nextOffset, endOffset, nowNanos) : null;
    }

    /** At the end of the log; what to tell, or null. */
    Checkpoint atEnd(long nextOffset, long nowNanos) {
        if (!caughtUp) {
            caughtUp = true;
            return tell(CAUGHT_UP, nextOffset, nextOffset, nowNanos);
        }
        return isDue(nowNanos) ? tell(NO_SIGNAL, nextOffset, nextOffset, nowNanos) : null;
    }

    private boolean isDue(long nowNanos) {
        return skipped > 0 && nowNanos - toldNanos >= INTERVAL_NANOS;
    }

    /** How long until something must be told although nothing comes; -1 where nothing waits to be told. */
    long dueInNanos(long nowNanos) {
        return skipped == 0 ? -1 : Math.max(0, INTERVAL_NANOS - (nowNanos - toldNanos));
    }

    private Checkpoint tell(byte signal, long nextOffset, long endOffset, long nowNanos) {
        skipped = 0;
        toldNanos = nowNanos;
        return new Checkpoint(signal, nextOffset, endOffset);
    }
}
