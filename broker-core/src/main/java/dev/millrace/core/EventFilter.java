package dev.millrace.core;

import dev.millrace.core.record.EventBatches;
import java.nio.ByteBuffer;

/** Leaves of batches what a subscriber wants. Thread: any. */
public interface EventFilter {
    EventBatches.Filtered apply(ByteBuffer batches);
}
