package dev.millrace.core.group;

/** The seed of a randomized test: given by {@code -Dseed=}, else new; always printed. */
final class Seeds {
    private Seeds() {}

    static long next() {
        String given = System.getProperty("seed", "");
        long seed = given.isBlank() ? dev.millrace.testing.Seeds.drawn() : Long.parseLong(given.trim());
        System.out.println("seed=" + seed);
        return seed;
    }
}
