package dev.millrace.core.log;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.WriteSink;
import java.util.List;

/** One partition's log over a store in memory; the test moves the clock, commits and restarts by hand. */
final class LogWorld implements AutoCloseable {
    private static final int PARTITION_ID = 7;

    long nowMs = 1_000_000_000;
    MemoryStore store = new MemoryStore();
    private PartitionLogs logs;
    private int storeGeneration;

    LogWorld() {
        open();
    }

    private void open() {
        logs = new PartitionLogs(store, 1 << 20, new PartitionLogs.GenerationLimits(64 << 20, Long.MAX_VALUE));
        logs.load();
        logs.findOrCreate(PARTITION_ID);
        storeGeneration = logs.generation();
        store.rotate(storeGeneration);
    }

    PartitionLog log() {
        return logs.find(PARTITION_ID);
    }

    /** Appends one batch with a record for each timestamp, the last one's value of so many bytes, and makes it durable. */
    void append(int valueBytes, long... timestampsMs) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256 + valueBytes);
        for (int i = 0; i < timestampsMs.length; i++) {
            byte[] value = new byte[i == timestampsMs.length - 1 ? valueBytes : 1];
            builder.append(timestampsMs[i], null, value, List.of());
        }
        WriteSink sink = store.begin();
        logs.append(log(), builder.build(), nowMs, sink);
        commit(sink);
    }

    void retain(long retentionMs, long retentionBytes) {
        WriteSink sink = store.begin();
        logs.retain(log(), retentionMs, retentionBytes, nowMs, sink);
        commit(sink);
    }

    private void commit(WriteSink sink) {
        Runnable makeVisible = logs.endBatch(nowMs, sink);
        store.commit(sink);
        if (logs.generation() != storeGeneration) {
            storeGeneration = logs.generation();
            store.rotate(storeGeneration);
        }
        store.sync();
        makeVisible.run();
    }

    /** Power loss and a start on what was durable. */
    void restart() {
        store = store.crash();
        open();
    }

    @Override
    public void close() {
        store.close();
    }
}
