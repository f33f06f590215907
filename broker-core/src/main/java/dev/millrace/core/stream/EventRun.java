package dev.millrace.core.stream;

import dev.millrace.core.record.RecordBatch;

/**
 * Events of one stream that follow on each other in the log, within one block of the cache.
 *
 * @param records in memory of their own, not compressed
 */
record EventRun(long firstOffset, RecordBatch records) {
    long lastOffset() {
        return records.lastOffset();
    }

    boolean holds(long offset) {
        return offset >= firstOffset && offset <= lastOffset();
    }

    int count() {
        return records.recordCount();
    }
}
