package dev.millrace.core.deadletter;

/**
 * How far a group is with a record that it is not done with.
 *
 * @param attempts begun so far, 0 for none that was told
 * @param last what was told of a failed one, or null
 * @param keyParked an earlier record of its key is parked or on its way back
 */
public record Handling(int attempts, LastFailure last, boolean keyParked) {}
