package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.failpoint.Failpoint;
import dev.millrace.system.Daemon;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Lets a daemon run up to a named moment and stop there. */
final class ArmedFailpoint {
    private static final Duration REACHED_MAX = Duration.ofSeconds(60);

    private ArmedFailpoint() {}

    /**
     * Launches the daemon and waits until it stands at the point; the caller kills it.
     *
     * @param scratch where a file may be written; not on a disk that is about to fail
     */
    static void runTo(Failpoint point, int hits, Daemon daemon, Path scratch) throws Exception {
        Path reached = scratch.resolve("reached");
        daemon.environment(Failpoint.VARIABLE, point.label() + ":" + hits + ":" + reached);
        Process process = daemon.launch();
        long deadlineNanos = System.nanoTime() + REACHED_MAX.toNanos();
        while (!Files.exists(reached)) {
            assertThat(process.waitFor(5, TimeUnit.MILLISECONDS))
                    .as(daemon.log())
                    .isFalse();
            assertThat(System.nanoTime())
                    .as("%s came not %d times within %s; the log:%n%s", point, hits, REACHED_MAX, daemon.log())
                    .isLessThan(deadlineNanos);
        }
        Files.delete(reached);
        daemon.environment(Failpoint.VARIABLE, null);
    }

    /** Those that come with every sync. */
    static boolean isBusy(Failpoint point) {
        return point == Failpoint.AFTER_WRITE_BEFORE_SYNC || point == Failpoint.AFTER_SYNC_BEFORE_ANSWER;
    }
}
