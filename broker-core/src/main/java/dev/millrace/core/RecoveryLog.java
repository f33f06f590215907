package dev.millrace.core;

import dev.millrace.core.storage.RecoveryWatch;
import dev.millrace.core.time.TimeSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/** Logs how far the opening of a data directory has come, so that a long one can be told from a hanging one. */
final class RecoveryLog implements RecoveryWatch {
    private static final Logger LOG = System.getLogger(RecoveryLog.class.getName());

    private final RecoveryWatch next;
    private final TimeSource time;
    private final long startNanos;
    private long walBytes;

    RecoveryLog(RecoveryWatch next, TimeSource time) {
        this.next = next;
        this.time = time;
        this.startNanos = time.nanoTime();
    }

    @Override
    public void onStep(Step step, long walBytes) {
        this.walBytes = walBytes;
        LOG.log(level(), "recovery step={0} walBytes={1,number,#} afterMs={2,number,#}", step, walBytes, elapsedMs());
        next.onStep(step, walBytes);
    }

    void done() {
        LOG.log(level(), "recovered walBytes={0,number,#} ms={1,number,#}", walBytes, elapsedMs());
    }

    /** After a clean stop there is nothing to replay, and nothing to wait for. */
    private Level level() {
        return walBytes > 0 ? Level.INFO : Level.DEBUG;
    }

    private long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(time.nanoTime() - startNanos);
    }
}
