package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Saga.Status;
import dev.millrace.testing.Seeds;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A saga whose broker and whose own process die by SIGKILL in the middle of its steps. Longer: {@code -Pfaults
 * -Dit.test=SagaFaultIT}.
 */
@Timeout(300)
class SagaKillIT {
    @TempDir
    Path directory;

    @Test
    void everyInstanceEndsCompletedOrUndoneThroughKillsOfBrokerAndSaga() throws Exception {
        long seed = Seeds.next();
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            try (SagaTrial trial = new SagaTrial(daemon, directory, seed)) {
                trial.run(Integer.getInteger("saga.kills", 3), 20);
                Map<Status, Integer> ended = trial.judge();
                assertThat(ended).containsKeys(Status.COMPLETED, Status.COMPENSATED);
                System.out.println("sagas ended: " + ended);
            }
            assertThat(daemon.terminate()).isZero();
        }
    }
}
