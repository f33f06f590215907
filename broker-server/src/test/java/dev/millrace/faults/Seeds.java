package dev.millrace.faults;

/** The seed of a run: the one given with {@code -Dseed=}, else a new one; printed either way. */
final class Seeds {
    private Seeds() {}

    static long next() {
        String given = System.getProperty("seed", "");
        long seed = given.isEmpty() ? System.nanoTime() : Long.parseLong(given);
        System.out.println("seed=" + seed);
        return seed;
    }
}
