package dev.millrace.core.storage;

/**
 * Counters since open, and gauges now. Units: bytes unless named.
 *
 * @param payloadBytes chunk bytes handed to {@link WriteSink#appendChunk}
 * @param walBytes written to the write-ahead log
 * @param flushBytes written by memtable flushes
 * @param logCompactionBytes rewritten by compaction of the log; 0 by design (trivial moves only)
 * @param compactionBytes rewritten by compaction of all tables
 * @param diskBytes size of live files
 * @param memoryBytes memtables and caches
 * @param stallMicros time in which writes were held back by the store
 */
public record StoreStats(
        long payloadBytes,
        long walBytes,
        long flushBytes,
        long logCompactionBytes,
        long compactionBytes,
        long diskBytes,
        long memoryBytes,
        long stallMicros) {

    /** Bytes written to disk for each payload byte, or 0 before the first payload. */
    public double writeAmplification() {
        return payloadBytes == 0 ? 0 : (double) (walBytes + flushBytes + compactionBytes) / payloadBytes;
    }
}
