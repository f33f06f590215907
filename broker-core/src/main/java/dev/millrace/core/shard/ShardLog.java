package dev.millrace.core.shard;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Orders command batches, makes them durable and applies them: the seam between one disk and a cluster.
 *
 * <p>Single node: {@link LocalShardLog}. Nothing above this interface knows what "durable" means.
 */
public interface ShardLog extends AutoCloseable {
    /**
     * Proposes a batch. Thread: shard.
     *
     * <p>Durable: when the future completes; it holds one answer for each command, in order. Futures complete in the
     * order of their batches. An empty batch completes when all batches before it are durable. Fails: with a
     * FaultException STORAGE_FAILED, after which every later batch fails too.
     */
    CompletableFuture<List<Object>> propose(CommandBatch batch);

    /** Bytes of proposed batches that are not yet durable. Thread: any. */
    long unsyncedBytes();

    @Override
    void close();
}
