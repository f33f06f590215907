package dev.millrace.system;

import dev.millrace.history.History;
import dev.millrace.history.Property;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** Waits for a client's thread that was told to end; one that does not is a client that does not go on. */
public final class LoadEnd {
    /** Longer than the total deadline of any call, so that only what hangs is still there. */
    private static final long ENDED_MS_MAX = TimeUnit.MINUTES.toMillis(3);

    private LoadEnd() {}

    /** Reports a thread that does not end, with the place where it stands. */
    public static void await(Thread thread, History history) throws InterruptedException {
        await(thread, history, ENDED_MS_MAX);
    }

    static void await(Thread thread, History history, long limitMs) throws InterruptedException {
        thread.join(limitMs);
        if (thread.isAlive()) {
            history.report(
                    Property.PROGRESS,
                    thread.getName() + " has not ended " + limitMs + " ms after it was told to; it stands at "
                            + Arrays.toString(thread.getStackTrace()));
        }
    }
}
