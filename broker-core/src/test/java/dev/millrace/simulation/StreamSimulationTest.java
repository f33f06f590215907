package dev.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Writers of event streams, through crashes, failed syncs, full disks, damage and lost answers. */
public class StreamSimulationTest {
    @Test
    void streamsKeepTheirPromisesWhateverHappens() {
        String seed = System.getProperty("seed", "");
        if (!seed.isEmpty()) {
            Simulation.runStreams(Long.parseLong(seed), true);
            return;
        }
        int count = Integer.getInteger("simulation.seeds", 2000) / 5;
        for (long next = 1; next <= count; next++) {
            Simulation.runStreams(next, false);
        }
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        Simulation.Outcome first = Simulation.runStreams(7, false);
        assertThat(Simulation.runStreams(7, false)).isEqualTo(first);
        assertThat(first.lineCount()).isGreaterThan(50);
    }
}
