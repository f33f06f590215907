package dev.millrace.server.bench;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Keys drawn ahead, so that drawing them is not what is measured: 2^18 draws, over which the generators go round.
 *
 * <p>Zipf: the k-th key of n comes with probability proportional to 1/k.
 */
final class KeyPool {
    private static final int DRAWS = 1 << 18;

    private final byte[][] drawn;

    KeyPool(BenchPlan.Keys keys, long seed) {
        if (keys.distribution() == BenchPlan.KeyDistribution.NONE) {
            drawn = new byte[1][];
            return;
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] cumulative = keys.distribution() == BenchPlan.KeyDistribution.ZIPF ? zipf(keys.count()) : null;
        Map<Integer, byte[]> made = new HashMap<>();
        drawn = new byte[DRAWS][];
        for (int i = 0; i < DRAWS; i++) {
            int key = cumulative == null ? random.nextInt(keys.count()) : rank(cumulative, random.nextDouble());
            drawn[i] = made.computeIfAbsent(key, KeyPool::text);
        }
    }

    int count() {
        return drawn.length;
    }

    /** Null where there are no keys. Shared: not to be written to. */
    byte[] get(int index) {
        return drawn[index];
    }

    private static byte[] text(int key) {
        return ("key-" + key).getBytes(StandardCharsets.US_ASCII);
    }

    /** Of each key, the probability of it or one before it. */
    private static double[] zipf(int count) {
        double[] cumulative = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += 1.0 / (i + 1);
            cumulative[i] = sum;
        }
        for (int i = 0; i < count; i++) cumulative[i] /= sum;
        return cumulative;
    }

    private static int rank(double[] cumulative, double probability) {
        int index = Arrays.binarySearch(cumulative, probability);
        return Math.min(cumulative.length - 1, index >= 0 ? index : -index - 1);
    }
}
