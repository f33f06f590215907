package dev.millrace.core.storage;

/** Seeds of randomized tests: printed, so that a failure can be repeated with {@code -Dseed=}. */
final class Seeds {
    private Seeds() {}

    static long next() {
        String given = System.getProperty("seed", "");
        long seed = given.isBlank() ? dev.millrace.testing.Seeds.drawn() : Long.parseLong(given.strip());
        System.out.println("seed=" + seed);
        return seed;
    }
}
