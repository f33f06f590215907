package dev.millrace.core.storage;

import dev.millrace.core.time.TimeSource;
import java.util.concurrent.atomic.AtomicLong;

/** Time that a test moves. */
final class ManualTime implements TimeSource {
    private final AtomicLong nanos = new AtomicLong();
    private volatile RuntimeException failure;

    void advanceMs(long ms) {
        nanos.addAndGet(ms * 1_000_000);
    }

    @Override
    public long nowMs() {
        return nanos.get() / 1_000_000;
    }

    /** The next reading throws. */
    void failWith(RuntimeException next) {
        failure = next;
    }

    @Override
    public long nanoTime() {
        RuntimeException thrown = failure;
        if (thrown != null) {
            failure = null;
            throw thrown;
        }
        return nanos.get();
    }
}
