package dev.millrace.simulation;

import java.util.Random;

/**
 * What kind of run a seed is: some faults often, some never, so that they also meet in pairs and alone.
 *
 * <p>Fault rates are mean gaps in milliseconds of virtual time; 0 is never.
 */
record Profile(
        int producers,
        int plainProducers,
        int groups,
        int membersPerGroup,
        int tailers,
        long busyMs,
        long generationBytes,
        long generationAgeMs,
        int inboxCountMax,
        int syncMicrosMax,
        int valueBytesMax,
        Gaps gaps) {

    /** How far faults lie apart. */
    record Gaps(
            int crashMs,
            int failedSyncMs,
            int diskFullMs,
            int brokenLinkMs,
            int flipMs,
            int clockMs,
            int silenceMs,
            int operatorMs) {}

    static Profile draw(Random random) {
        Gaps gaps = new Gaps(
                gap(random, 4, 400, 4000),
                gap(random, 1, 1500, 8000),
                gap(random, 1, 1500, 8000),
                gap(random, 3, 300, 3000),
                gap(random, 2, 600, 3000),
                gap(random, 1, 800, 4000),
                gap(random, 2, 800, 5000),
                gap(random, 4, 80, 600));
        return new Profile(
                1 + random.nextInt(2),
                random.nextInt(2),
                1 + random.nextInt(2),
                1 + random.nextInt(3),
                1 + random.nextInt(2),
                1500 + random.nextInt(4000),
                2048L << random.nextInt(6),
                random.nextBoolean() ? 60_000 : 200 + random.nextInt(2000),
                random.nextInt(6) == 0 ? 4 : 65_536,
                1000 << random.nextInt(8),
                64 << random.nextInt(6),
                gaps);
    }

    /** A fault that is there in {@code fifths} of five runs. */
    private static int gap(Random random, int fifths, int fromMs, int toMs) {
        int ms = fromMs + random.nextInt(toMs - fromMs);
        return random.nextInt(5) < fifths ? ms : 0;
    }
}
