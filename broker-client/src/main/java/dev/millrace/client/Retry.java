package dev.millrace.client;

/**
 * How far a group is with a message that it has begun, and has neither passed nor moved to its dead letters; or whose key
 * is parked.
 *
 * @param attempts begun so far, 0 where it only waits for its key
 * @param attemptsMax of how many, 0 where that is not known
 * @param lastError exception and message of the last failure that the broker was told, its first 200 bytes; else empty
 * @param lastFailureMs when the broker heard of it, or -1
 * @param nextTryMs when the next attempt is due, by the broker's clock; -1 where one was begun meanwhile, or where that is
 *     not known
 * @param keyParked an earlier message of its key is a dead letter that waits, or is on its way back
 */
public record Retry(
        Position position,
        String group,
        int attempts,
        int attemptsMax,
        String lastError,
        long lastFailureMs,
        long nextTryMs,
        boolean keyParked) {}
