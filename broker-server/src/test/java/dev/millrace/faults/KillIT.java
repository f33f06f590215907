package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.failpoint.Failpoint;
import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The daemon dies again and again, at random and at the moments that matter most, under producers, a group whose members
 * come and go, one that keeps dead letters, and writers of event streams, transactions and timers. Half of the {@code
 * -Dfault.kills} each; about 2 s a kill.
 */
@Timeout(value = 3, unit = TimeUnit.HOURS) // enough for -Dfault.kills=3000; 300 take a quarter of an hour
class KillIT {
    private static final int KILLS = Integer.getInteger("fault.kills", 300);
    private static final Duration OUTAGE_MAX = Duration.ofSeconds(120);
    private static final Duration PROGRESS_MAX = Duration.ofSeconds(5);
    /** Of the topic whose files come and go while the process dies. */
    private static final Duration RETENTION = Duration.ofSeconds(3);

    private static final int ROUND = 10;

    @TempDir
    Path directory;

    private final long seed = Seeds.next();
    private final Random random = new Random(seed);

    private Daemon daemon() {
        return new Daemon(
                        Distribution.underTest(),
                        directory,
                        "storage.generationSize=2MiB",
                        "storage.generationMaxAge=1s",
                        "storage.retentionCheckInterval=100ms")
                .watchingLeaks();
    }

    @Test
    void clientsLoseNothingAndSeeNothingTwiceThroughKillsAtRandom() throws Exception {
        try (Daemon daemon = daemon();
                Workload workload = new Workload(Load.moderate(), seed, OUTAGE_MAX)) {
            daemon.start();
            workload.start(daemon, Map.of());
            workload.startDeadLetters();
            workload.startEvents();
            RecoveryTimes recovery = new RecoveryTimes();
            for (int kill = 0; kill < KILLS / 2; kill++) {
                daemon.process().waitFor(random.nextInt(900), TimeUnit.MILLISECONDS);
                daemon.kill();
                workload.history().restarted();
                recovery.add(daemon.start());
                if (kill % ROUND == ROUND - 1) {
                    workload.awaitProgress(PROGRESS_MAX);
                }
            }
            long acknowledged = workload.stopAndDemandEverything(daemon, new LogHygiene());
            Figures.print(
                    "kill at random",
                    "kills=%d acknowledged=%d deadLetters=%d %s %s",
                    KILLS / 2,
                    acknowledged,
                    workload.deadLetterCount(),
                    workload.eventFigures(),
                    recovery);
            assertThat(daemon.terminate()).isZero();
        }
    }

    @Test
    void clientsLoseNothingAndSeeNothingTwiceWhereverTheProcessDies() throws Exception {
        Map<Failpoint, Integer> died = new EnumMap<>(Failpoint.class);
        try (Daemon daemon = daemon();
                Workload workload = new Workload(Load.moderate(), seed, OUTAGE_MAX)) {
            daemon.start();
            workload.start(daemon, Map.of("retention", RETENTION.toSeconds() + "s"));
            workload.startDeadLetters();
            workload.startEvents();
            for (int kill = 0; kill < KILLS / 2; kill++) {
                Failpoint point = Failpoint.values()[kill % Failpoint.values().length];
                daemon.kill();
                ArmedFailpoint.runTo(point, hits(point), daemon, directory);
                daemon.kill();
                died.merge(point, 1, Integer::sum);
                workload.history().restarted();
                daemon.start();
                if (kill % ROUND == ROUND - 1) {
                    workload.awaitProgress(PROGRESS_MAX);
                }
            }
            workload.stopAndKeep(RETENTION);
            long acknowledged = workload.stopAndDemandEverything(daemon, new LogHygiene());
            Figures.print(
                    "kill at failpoints",
                    "%s acknowledged=%d deadLetters=%d %s",
                    new TreeMap<>(died),
                    acknowledged,
                    workload.deadLetterCount(),
                    workload.eventFigures());
            assertThat(daemon.terminate()).isZero();
        }
    }

    private int hits(Failpoint point) {
        return point == Failpoint.DURING_OPEN ? 1 : 1 + random.nextInt(ArmedFailpoint.isBusy(point) ? 40 : 3);
    }
}
