package dev.millrace.server.metrics;

/**
 * What the store reports, for one scrape. Units: bytes unless named.
 *
 * @param payloadBytes of batches handed to the store
 * @param compactionBytes of all tables
 * @param logCompactionBytes of the log's, which design keeps at 0
 */
public record StorageNumbers(
        long payloadBytes,
        long walBytes,
        long flushBytes,
        long compactionBytes,
        long logCompactionBytes,
        long diskBytes,
        long memoryBytes,
        double stallSeconds,
        double writeAmplification) {
    static final StorageNumbers NONE = new StorageNumbers(0, 0, 0, 0, 0, 0, 0, 0, 0);
}
