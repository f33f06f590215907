package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.failpoint.Failpoint;
import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power fails under load: at random, and right after a sync, before one, at a new generation, during a flush and while
 * files are dropped. Half of the {@code -Dfault.cuts} each; about 4 s a cut.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS) // enough for -Dfault.cuts=500; 50 take 4 minutes
class PowerCutIT {
    private static final int CUTS = Integer.getInteger("fault.cuts", 50);
    private static final Duration OUTAGE_MAX = Duration.ofSeconds(120);
    private static final Duration RETENTION = Duration.ofSeconds(5);
    private static final List<Failpoint> POINTS = List.of(
            Failpoint.AFTER_SYNC_BEFORE_ANSWER,
            Failpoint.AFTER_WRITE_BEFORE_SYNC,
            Failpoint.AFTER_SYNC_BEFORE_ANSWER,
            Failpoint.AT_ROTATION,
            Failpoint.DURING_FLUSH,
            Failpoint.AFTER_SYNC_BEFORE_ANSWER,
            Failpoint.BEFORE_DROPPING_FILES,
            Failpoint.AFTER_DROPPING_FILES);

    @TempDir
    Path directory;

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);

    @Test
    void whatWasAcknowledgedIsThereWhenThePowerComesBack() throws Exception {
        try (PowerCutDisk disk = PowerCutDisk.in(directory, "2G");
                Daemon daemon = daemon(disk);
                Workload workload = new Workload(Load.moderate(), seed, OUTAGE_MAX)) {
            daemon.start();
            workload.start(daemon, Map.of("retention", RETENTION.toSeconds() + "s"));
            workload.startDeadLetters();
            workload.startEvents();
            RecoveryTimes recovery = new RecoveryTimes();
            for (int cut = 0; cut < CUTS; cut++) {
                if (cut % 2 == 0) {
                    daemon.process().waitFor(200 + random.nextInt(1500), TimeUnit.MILLISECONDS);
                } else {
                    daemon.terminate();
                    Failpoint point = POINTS.get(cut / 2 % POINTS.size());
                    int hits = 1 + random.nextInt(ArmedFailpoint.isBusy(point) ? 40 : 3);
                    ArmedFailpoint.runTo(point, hits, daemon, directory);
                }
                // At a named moment one thread waits, and the others go on.
                freeze(daemon);
                disk.cut();
                daemon.kill();
                workload.history().restarted();
                disk.restore();
                recovery.add(daemon.start());
                if (cut % 10 == 9) {
                    workload.awaitProgress(Duration.ofSeconds(5));
                }
            }
            workload.stopAndKeep(RETENTION);
            long acknowledged = workload.stopAndDemandEverything(daemon, new LogHygiene());
            Figures.print(
                    "power cut",
                    "cuts=%d acknowledged=%d lost=0 deadLetters=%d %s %s",
                    CUTS,
                    acknowledged,
                    workload.deadLetterCount(),
                    workload.eventFigures(),
                    recovery);
            assertThat(daemon.terminate()).isZero();
        }
    }

    /**
     * A machine without power says nothing any more. The file system's shutdown alone is not enough: a sync under way at
     * that moment may report success although the journal was cut off under it, so nobody may hear of it.
     */
    private static void freeze(Daemon daemon) throws IOException, InterruptedException {
        long pid = daemon.process().pid();
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!isFrozen(pid)) {
            assertThat(System.nanoTime() - deadlineNanos)
                    .as("the daemon does not stop")
                    .isNegative();
            daemon.process().waitFor(1, TimeUnit.MILLISECONDS);
        }
    }

    /** The signal has been sent before all threads have stopped. One inside a sync (D) stops when it comes out of it. */
    private static boolean isFrozen(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads.toList()) {
                String stat = Files.readString(thread.resolve("stat"));
                char state = stat.charAt(stat.lastIndexOf(')') + 2);
                if (state != 'T' && state != 'D') {
                    return false;
                }
            }
        } catch (NoSuchFileException ended) {
            return false; // a thread that has just ended: the next look tells
        }
        return true;
    }

    private Daemon daemon(PowerCutDisk disk) {
        return new Daemon(
                Distribution.underTest(),
                directory,
                disk.path().resolve("data"),
                "storage.diskReserve=16MiB",
                "storage.generationSize=2MiB",
                "storage.generationMaxAge=1s",
                "storage.retentionCheckInterval=100ms");
    }
}
