package dev.millrace.client.internal;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import java.util.concurrent.ArrayBlockingQueue;

/** Keeps a few builders with their memory, so that thousands of quiet partitions hold none. Thread: any. */
final class BuilderPool {
    private static final int KEPT_COUNT_MAX = 8;
    private static final int INITIAL_BYTES = 4 << 10;

    private final Compression compression;
    private final int keptBytesMax;
    private final ArrayBlockingQueue<RecordBatchBuilder> free = new ArrayBlockingQueue<>(KEPT_COUNT_MAX);

    BuilderPool(Compression compression, int keptBytesMax) {
        this.compression = compression;
        this.keptBytesMax = keptBytesMax;
    }

    RecordBatchBuilder take() {
        RecordBatchBuilder builder = free.poll();
        return builder != null ? builder : new RecordBatchBuilder(compression, INITIAL_BYTES);
    }

    /** A builder that a large message has blown up is not kept. */
    void giveBack(RecordBatchBuilder builder) {
        if (builder.sizeBytes() <= keptBytesMax) {
            builder.reset();
            free.offer(builder);
        }
    }
}
