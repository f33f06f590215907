package dev.millrace.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Millrace beside a real Kafka on this machine: measures the cases of {@link Cases} and writes docs/BENCHMARKS.md.
 *
 * <pre>
 *  for each case, for each round:   start Millrace, load, stop, sync ─▶ start Kafka, load, stop, sync
 * </pre>
 *
 * <p>{@code -Dcompare.rounds=3 -Dcompare.seconds=10 -Dcompare.cases=latency,waiting}. A target that is missed fails no test:
 * the page says so. What could not be measured does.
 */
final class CompareIT {
    private static final int ROUNDS = Integer.getInteger("compare.rounds", 3);
    private static final int SECONDS = Integer.getInteger("compare.seconds", 10);
    private static final String CASES = System.getProperty("compare.cases", "");

    @Test
    void everyCaseIsMeasured() throws Exception {
        assumeFalse(CASES.equals("none"), "skipped: -Dcompare.cases=none");
        Run run = Run.begin();
        Map<String, Cases.Round> cases = new Cases(run.root(), SECONDS).all();
        Set<String> chosen = CASES.isEmpty() ? cases.keySet() : new LinkedHashSet<>(Arrays.asList(CASES.split(",")));
        assertThat(cases.keySet()).as("the names of cases").containsAll(chosen);
        for (String name : chosen) {
            measure(name, cases.get(name), run);
        }
        run.finish();
        assertThat(run.results().notMeasured()).doesNotContainKeys(chosen.toArray(new String[0]));
    }

    /** A case that fails must not take the others with it; what it measured before stays out of the table. */
    private static void measure(String name, Cases.Round round, Run run) throws Exception {
        Sheet sheet = new Sheet();
        try {
            for (int i = 1; i <= ROUNDS; i++) {
                System.out.printf("compare: %s, round %d of %d%n", name, i, ROUNDS);
                round.run(sheet);
            }
            sheet.into(run.results(), SECONDS, Machine.build());
            run.results().notMeasured().remove(name);
        } catch (Exception e) {
            e.printStackTrace(System.out);
            run.results().notMeasured().put(name, String.valueOf(e.getMessage()));
        }
        run.save();
    }
}
