package dev.millrace.simulation;

import dev.millrace.history.Violation;
import java.util.List;

/** Runs the broker's core, its clients and its disk from seeds; the same seed gives the same run. */
public final class Simulation {
    private Simulation() {}

    /**
     * What came of one seed.
     *
     * @param traceHash the same for the same run
     */
    public record Outcome(long seed, long traceHash, long lineCount, List<Violation> violations) {}

    /** Runs seeds in a row. Fails: AssertionError at the first one that finds something, with what it found. */
    public static void run(long firstSeed, int count) {
        for (long seed = firstSeed; seed < firstSeed + count; seed++) {
            runOne(seed, false);
        }
    }

    /** Runs one seed. Fails: AssertionError with the violations and the end of the trace. */
    public static Outcome runOne(long seed, boolean printTrace) {
        return run(seed, new World(seed, printTrace), "SimulationTest");
    }

    /** Runs writers of event streams from one seed. Fails: as {@link #runOne}. */
    public static Outcome runStreams(long seed, boolean printTrace) {
        return run(seed, new World(seed, printTrace, true), "StreamSimulationTest");
    }

    private static Outcome run(long seed, World world, String test) {
        List<Violation> violations;
        try {
            violations = world.live();
        } catch (RuntimeException | AssertionError broken) {
            throw new AssertionError(report(seed, test, world, List.of("the run broke off: " + broken)), broken);
        }
        if (!violations.isEmpty()) {
            throw new AssertionError(report(seed, test, world, violations));
        }
        return new Outcome(seed, world.trace.hash(), world.trace.lineCount(), violations);
    }

    private static String report(long seed, String test, World world, List<?> findings) {
        StringBuilder text = new StringBuilder("repeat with -Dtest=" + test + " -Dseed=").append(seed);
        text.append("\n\nfound:\n");
        findings.forEach(finding -> text.append("  ").append(finding).append('\n'));
        text.append("\nthe end of the trace, times in microseconds:\n");
        world.trace.lastLines().forEach(line -> text.append("  ").append(line).append('\n'));
        return text.toString();
    }
}
