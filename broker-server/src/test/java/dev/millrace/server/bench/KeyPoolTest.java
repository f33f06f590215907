package dev.millrace.server.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.server.bench.BenchPlan.KeyDistribution;
import dev.millrace.server.bench.BenchPlan.Keys;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class KeyPoolTest {
    private static final int KEYS = 1000;
    private static final long SEED = 4711;

    @Test
    void zipfGivesTheKthKeyOneKthOfTheFirst() {
        Map<String, Integer> counts = counts(KeyDistribution.ZIPF);
        double first = counts.get("key-0");
        for (int k : new int[] {2, 3, 5, 10, 50}) {
            assertThat(counts.get("key-" + (k - 1)) / first).as("key %d", k).isCloseTo(1.0 / k, within(0.12 / k));
        }
        // Of 1000 keys the first has 1 / (1 + 1/2 + ... + 1/1000) = 13.4 % of all.
        assertThat(first / total(counts)).isCloseTo(0.134, within(0.004));
    }

    @Test
    void uniformGivesAllKeysTheSame() {
        Map<String, Integer> counts = counts(KeyDistribution.UNIFORM);
        double mean = (double) total(counts) / KEYS;
        assertThat(counts).hasSize(KEYS);
        assertThat(counts.values()).allMatch(count -> count > 0.6 * mean && count < 1.4 * mean);
    }

    @Test
    void noneGivesNoKey() {
        KeyPool none = new KeyPool(new Keys(KeyDistribution.NONE, KEYS), SEED);
        assertThat(none.count()).isEqualTo(1);
        assertThat(none.get(0)).isNull();
    }

    private static Map<String, Integer> counts(KeyDistribution distribution) {
        KeyPool pool = new KeyPool(new Keys(distribution, KEYS), SEED);
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < pool.count(); i++) {
            counts.merge(new String(pool.get(i), StandardCharsets.US_ASCII), 1, Integer::sum);
        }
        return counts;
    }

    private static int total(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
}
