package dev.millrace.core;

/**
 * What holding the values of one request against their schemas may cost, so that no schema keeps a thread for long. It
 * grows with the request, because so does the work that is due. Thread: one. Units: steps, each some nanoseconds.
 */
public final class CheckBudget {
    /** About ten milliseconds, for the one small value whose schema is a large one. */
    private static final long REQUEST_STEPS = 1_000_000;

    /** So that a schema of some sixty alternatives takes a batch of small events as it takes one. */
    private static final long RECORD_STEPS = 20_000;

    /** An event of eighty bytes that is one of twenty types, whose alternatives are all looked at, takes a third of it. */
    private static final long BYTE_STEPS = 200;
    /** Some ten seconds, whatever the size: the thread that waits may be one that serves connections. */
    private static final long STEPS_MAX = 1_000_000_000;

    private long allowed = REQUEST_STEPS;
    private long spent;

    /** Another value of the request is about to be looked at. */
    public void addRecord(int valueBytes) {
        allowed = Math.min(STEPS_MAX, allowed + RECORD_STEPS + BYTE_STEPS * valueBytes);
    }

    /** Whether there was enough left; where not, the check has to end. */
    public boolean spend(long steps) {
        spent += steps;
        return !exceeded();
    }

    public boolean exceeded() {
        return spent > allowed;
    }

    public long allowed() {
        return allowed;
    }

    public long spent() {
        return spent;
    }

    /** Why the check ended, and what to do. */
    public String problem() {
        return "checking the values of the request takes more than the " + allowed
                + " steps that its size allows. Simplify the schema (a pattern that repeats a repetition, allOf, anyOf,"
                + " oneOf or $ref that multiply), or publish fewer records at once";
    }
}
