package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.history.LogHygiene;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.testing.Seeds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker with much data is back soon after SIGKILL. {@code -Dfault.recovery.gib=10}, in settings as delivered; takes as
 * much disk and about two minutes.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class RecoveryIT {
    private static final int GIB = Integer.getInteger("fault.recovery.gib", 10);
    private static final int KILLS = 20;
    private static final long READY_MS_MAX = 3000;
    /** Published before each kill: the write-ahead log is as full as it gets, or nearly empty, or anything between. */
    private static final int REFILL_MIB_MAX = 512;

    private static final int VALUE_BYTES = 64 << 10;

    @TempDir
    Path directory;

    @Test
    void isReadyWithinThreeSecondsOfAStartAfterAKill() throws Exception {
        long seed = Seeds.next();
        Random random = new Random(seed);
        RecoveryTimes recovery = new RecoveryTimes();
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory);
                Workload workload = new Workload(Load.moderate(), seed, Duration.ofSeconds(60))) {
            daemon.start();
            createFiller(daemon);
            fill(daemon, GIB * 1024);
            workload.start(daemon, Map.of());
            for (int kill = 0; kill < KILLS; kill++) {
                fill(daemon, random.nextInt(REFILL_MIB_MAX));
                daemon.kill();
                workload.history().restarted();
                recovery.add(daemon.start());
            }
            workload.stopAndDemandEverything(daemon, new LogHygiene());
            Figures.print("recovery", "gib=%d kills=%d %s", GIB, KILLS, recovery);
            assertThat(daemon.terminate()).isZero();
        }
        assertThat(recovery.percentile(0.99)).as("p99 of %s", recovery).isLessThanOrEqualTo(READY_MS_MAX);
    }

    private static void createFiller(Daemon daemon) {
        try (MillraceClient client =
                MillraceClient.builder().server(daemon.server()).build()) {
            client.admin().createTopic("filler", 16, Map.of("retention", "unlimited"));
        }
    }

    private static void fill(Daemon daemon, int mib) throws InterruptedException, IOException {
        Random random = new Random(1);
        byte[][] values = new byte[64][VALUE_BYTES];
        for (byte[] value : values) {
            random.nextBytes(value);
        }
        long count = ((long) mib << 20) / VALUE_BYTES;
        Semaphore inFlight = new Semaphore(500);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (MillraceClient client =
                MillraceClient.builder().server(daemon.server()).build()) {
            try (Producer producer = client.producer().build()) {
                for (long i = 0; i < count; i++) {
                    inFlight.acquire();
                    producer.publishAsync(
                                    Message.to("filler").key("k" + i % 1000).value(values[(int) (i % 64)]))
                            .whenComplete((receipt, error) -> {
                                inFlight.release();
                                failure.compareAndSet(null, error);
                            });
                }
            }
        }
        assertThat(failure.get()).isNull();
    }
}
