package dev.millrace.testing;

/** Where tests that draw begin. */
public final class Seeds {
    private Seeds() {}

    /** Another one each time; the same where seeded defects are looked for, which must be caught each time. */
    public static long drawn() {
        return Long.getLong("seeds.first", System.nanoTime());
    }
}
