package dev.millrace.testing;

/** The seed of a randomized test: given by {@code -Dseed=}, else another one each time. */
public final class Seeds {
    /** Where to begin if no seed is given: seeded defects must be caught each time, so their layers play the same. */
    public static final String FIRST = "seeds.first";

    private Seeds() {}

    /** The seed, for who tells it when it fails. */
    public static long first() {
        return isGiven() ? Long.parseLong(given()) : Long.getLong(FIRST, System.nanoTime());
    }

    /** How many seeds to play from {@link #first} on: one where it was given. */
    public static int count(int runs) {
        return isGiven() ? 1 : runs;
    }

    /** The seed, printed. */
    public static long next() {
        long seed = first();
        System.out.println("seed=" + seed);
        return seed;
    }

    private static boolean isGiven() {
        return !given().isEmpty();
    }

    private static String given() {
        return System.getProperty("seed", "").strip();
    }
}
