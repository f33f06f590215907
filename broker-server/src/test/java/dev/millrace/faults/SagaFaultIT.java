package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Saga.Status;
import dev.millrace.system.Daemon;
import dev.millrace.system.Distribution;
import dev.millrace.system.SagaTrial;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Broker and saga die {@code -Dfault.sagaKills} times each while orders come in; about 2 s a kill. */
@Timeout(value = 1, unit = TimeUnit.HOURS) // enough for -Dfault.sagaKills=600; 60 take 5 minutes
class SagaFaultIT {
    private static final int KILLS = Integer.getInteger("fault.sagaKills", 60);

    @TempDir
    Path directory;

    @Test
    void noInstanceEndsHalfHoweverOftenBrokerAndSagaDie() throws Exception {
        try (Daemon daemon = new Daemon(
                Distribution.underTest(), directory, "storage.generationSize=2MiB", "storage.generationMaxAge=1s")) {
            daemon.start();
            try (SagaTrial trial = new SagaTrial(daemon, directory, Seeds.next())) {
                trial.run(KILLS, 10);
                Map<Status, Integer> ended = trial.judge();
                assertThat(ended).containsKeys(Status.COMPLETED, Status.COMPENSATED);
                Figures.print("saga kills", "broker=%d saga=%d ended=%s half=0", KILLS, KILLS, ended);
            }
            assertThat(daemon.terminate()).isZero();
        }
    }
}
