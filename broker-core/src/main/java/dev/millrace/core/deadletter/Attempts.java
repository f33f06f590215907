package dev.millrace.core.deadletter;

/**
 * How often handlers were given a record that is not finished.
 *
 * @param firstFailureMs -1 where none failed in a way that was told
 */
record Attempts(int count, long firstFailureMs) {}
