package dev.millrace.core.deadletter;

/**
 * Whether a member may hand a record to its handler now.
 *
 * @param attempts how often it was handed out before
 * @param firstFailureMs when the first of these failed, -1 where that is not known
 */
public record Begun(Verdict verdict, int attempts, long firstFailureMs) {
    /** What to do with the record. */
    public enum Verdict {
        HANDLE,
        /** The group is done with it. */
        DONE,
        /** An earlier record of its key is parked or on its way back: park it as {@code key-parked}. */
        BLOCKED
    }

    static Begun of(Verdict verdict) {
        return new Begun(verdict, 0, -1);
    }
}
