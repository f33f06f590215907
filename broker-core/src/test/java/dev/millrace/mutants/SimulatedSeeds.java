package dev.millrace.mutants;

import dev.millrace.simulation.Simulation;
import org.junit.jupiter.api.Test;

/** The simulation as a layer: the same seeds each time, and only as many as a defect may take. Not run by itself. */
class SimulatedSeeds {
    private static final int SEEDS = 80;

    @Test
    void findNothing() {
        Simulation.run(1, SEEDS);
    }

    @Test
    void findNothingInStreams() {
        for (long seed = 1; seed <= SEEDS; seed++) {
            Simulation.runStreams(seed, false);
        }
    }
}
