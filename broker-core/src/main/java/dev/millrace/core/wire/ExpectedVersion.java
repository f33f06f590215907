package dev.millrace.core.wire;

/** What an append expects of a stream: a version from 0 on, or one of these. */
public final class ExpectedVersion {
    /** No expectation. */
    public static final long ANY = -2;
    /** The stream holds no event: it never existed, or was deleted. */
    public static final long NONE = -1;
    /** The stream holds an event. */
    public static final long EXISTS = -4;

    private ExpectedVersion() {}

    public static boolean isValid(long expected) {
        return expected >= NONE || expected == ANY || expected == EXISTS;
    }

    /** For a person. */
    public static String describe(long expected) {
        if (expected == ANY) {
            return "any";
        } else if (expected == NONE) {
            return "none";
        } else if (expected == EXISTS) {
            return "exists";
        }
        return Long.toString(expected);
    }
}
