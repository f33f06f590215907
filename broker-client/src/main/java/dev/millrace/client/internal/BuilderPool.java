package dev.millrace.client.internal;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import java.util.concurrent.ArrayBlockingQueue;

/** Keeps a few builders with their memory, so that thousands of quiet partitions hold none. Thread: any. */
final class BuilderPool {
    private static final int KEPT_COUNT_MAX = 8;
    /** What a batch of one record takes beside what was reserved for it. */
    private static final int BATCH_OVERHEAD_BYTES = 128;

    private final Compression compression;
    private final int keptBytesMax;
    private final ArrayBlockingQueue<RecordBatchBuilder> free = new ArrayBlockingQueue<>(KEPT_COUNT_MAX);

    BuilderPool(Compression compression, int keptBytesMax) {
        this.compression = compression;
        this.keptBytesMax = keptBytesMax;
    }

    /** @param bytes of the first record, for a start: a thousand publishers that wait never have a second */
    RecordBatchBuilder take(long bytes) {
        RecordBatchBuilder builder = free.poll();
        return builder != null
                ? builder
                : new RecordBatchBuilder(compression, (int) Math.min(keptBytesMax, bytes + BATCH_OVERHEAD_BYTES));
    }

    /** A builder that a large message has blown up is not kept. */
    void giveBack(RecordBatchBuilder builder) {
        if (builder.sizeBytes() <= keptBytesMax) {
            builder.reset();
            free.offer(builder);
        }
    }
}
