package dev.millrace.faults;

import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL at random moments, again and again, under producers and a group whose members come and go. */
class KillIT {
    @TempDir
    Path directory;

    @Test
    void clientsLoseNothingAndSeeNothingTwiceThroughKillsAtRandom() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        int cycles = Integer.getInteger("fault.cycles", 20);
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory, "storage.generationSize=4MiB");
                Workload workload = new Workload(Load.moderate(), seed, Duration.ofSeconds(60))) {
            daemon.start();
            workload.start(daemon, Map.of());
            for (int cycle = 0; cycle < cycles; cycle++) {
                daemon.process().waitFor(100 + random.nextInt(900), TimeUnit.MILLISECONDS);
                daemon.kill();
                workload.history().restarted();
                daemon.start();
                workload.awaitProgress(Duration.ofSeconds(5));
            }
            long acknowledged = workload.stopAndDemandEverything(daemon, new LogHygiene());
            System.out.printf("kills=%d acknowledged=%d lost=0 doubled=0%n", cycles, acknowledged);
            daemon.terminate();
        }
    }
}
