package dev.millrace.core.deadletter;

/**
 * How often handlers were given a record that is not finished.
 *
 * @param firstFailureMs -1 where none failed in a way that was told
 * @param last what was told of a failed one, or null
 */
record Attempts(int count, long firstFailureMs, LastFailure last) {
    static final Attempts NONE = new Attempts(0, -1, null);
}
