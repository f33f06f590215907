package dev.millrace.core.deadletter;

/**
 * What a member told of an attempt that failed.
 *
 * @param attempts so far, with this one
 * @param attemptsMax of how many
 * @param error exception and message in a line
 * @param failedMs when the broker heard of it
 * @param nextTryMs when the next attempt is due
 */
public record LastFailure(int attempts, int attemptsMax, String error, long failedMs, long nextTryMs) {}
