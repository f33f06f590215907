package dev.millrace.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The whole core from seeds, with faults: every promise of the history holds in every run. */
class SimulationTest {
    private static final int THREADS = 2;

    /** The runs of a usual build are always the same; {@code -Dsimulation.first=} starts elsewhere. */
    private static final long FIRST_SEED = Long.getLong("simulation.first", 1);

    @Test
    void everyPromiseHoldsInEverySeed() throws InterruptedException, ExecutionException {
        String given = System.getProperty("seed", "");
        if (!given.isEmpty()) {
            Simulation.runOne(Long.parseLong(given), true);
            return;
        }
        int count = Integer.getInteger("simulation.seeds", 2000);
        long startNanos = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> halves = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                long first = FIRST_SEED + (long) count * i / THREADS;
                long next = FIRST_SEED + (long) count * (i + 1) / THREADS;
                halves.add(threads.submit(() -> Simulation.run(first, (int) (next - first))));
            }
            for (Future<?> half : halves) {
                half.get();
            }
        } finally {
            threads.shutdownNow();
        }
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        System.out.printf("simulated %d seeds in %.1f s: %.0f seeds/s%n", count, seconds, count / seconds);
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 1; seed <= 20; seed++) {
            Simulation.Outcome once = Simulation.runOne(seed, false);
            assertThat(Simulation.runOne(seed, false)).isEqualTo(once);
            assertThat(once.lineCount()).isGreaterThan(20);
        }
    }
}
