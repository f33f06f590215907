package dev.millrace.core;

import dev.millrace.core.log.PartitionLog;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Appending to and reading from partitions. Thread: any. */
public interface LogOperations {
    /** Bytes of one read that cost the broker least: as much as it stores together. */
    int STORED_TOGETHER_BYTES = PartitionLog.CHUNK_BYTES_MAX;

    /**
     * Appends record batches to one partition, all or nothing, in the order of the calls of one thread.
     *
     * <p>Durable: when the future completes. Fails: CORRUPT_BATCH, MESSAGE_TOO_LARGE, UNSUPPORTED_COMPRESSION,
     * TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, OUT_OF_ORDER_SEQUENCE, FENCED_PRODUCER, UNKNOWN_PRODUCER, OVERLOADED,
     * DISK_FULL, STORAGE_FAILED, SHUTTING_DOWN.
     *
     * @param batches writable; belongs to the broker until the future completes, which writes base offsets into it
     */
    CompletableFuture<Appended> append(TopicPartition partition, ByteBuffer batches);

    /**
     * As {@link #append} for each of these in their order, at less cost. Each comes to its own outcome; the future completes
     * when all are known, and does not fail.
     */
    default CompletableFuture<List<Outcome>> appendAll(List<Append> appends) {
        List<CompletableFuture<Outcome>> each =
                appends.stream().map(this::outcomeOf).toList();
        return CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
                .thenApply(done -> each.stream().map(CompletableFuture::join).toList());
    }

    private CompletableFuture<Outcome> outcomeOf(Append append) {
        try {
            return append(append.partition(), append.batches()).handle(Outcome::new);
        } catch (RuntimeException failure) {
            return CompletableFuture.completedFuture(new Outcome(null, failure));
        }
    }

    /** A fresh producer id for idempotent appends. */
    CompletableFuture<ProducerIdentity> initProducer();

    /**
     * Reads whole batches from the one that contains {@code offset} on, of durable records only. Completes at once where
     * the tail cache has them, else on a reader thread. At the end of the log the slice is empty.
     *
     * <p>Fails: TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, OFFSET_OUT_OF_RANGE, DATA_DAMAGED.
     *
     * @param bytesMax soft: the first batch comes whole even if it is larger
     */
    CompletableFuture<LogSlice> read(TopicPartition partition, long offset, int bytesMax);

    /**
     * Calls {@code wakeUp} once, as soon as a record at {@code offset} is durable or the partition is gone; at once where
     * that is so already. The call comes on any thread and must return at once.
     *
     * @return cancels the waiting
     */
    Runnable onAppend(TopicPartition partition, long offset, Runnable wakeUp);

    /** Fails: throws {@link dev.millrace.core.error.FaultException} with TOPIC_NOT_FOUND or PARTITION_NOT_FOUND. */
    Bounds bounds(TopicPartition partition);

    /** The first record whose timestamp is not before {@code timeMs}; the end offset and timestamp -1 where none is. */
    CompletableFuture<FoundOffset> findByTime(TopicPartition partition, long timeMs);

    /** Moves the log start up to {@code offset}; the records before it are gone. Fails: OFFSET_OUT_OF_RANGE. */
    CompletableFuture<Void> deleteBefore(TopicPartition partition, long offset);

    /**
     * The answer to an append.
     *
     * @param duplicate the same batches had been appended before, at this offset
     */
    record Appended(long baseOffset, long appendTimeMs, boolean duplicate) {}

    /** What one append of {@link #appendAll} appends; see {@link #append}. */
    record Append(TopicPartition partition, ByteBuffer batches) {}

    /** What it came to: one of both is null. */
    record Outcome(Appended appended, Throwable error) {}

    record ProducerIdentity(long producerId, short producerEpoch) {}

    /** @param endOffset one past the last durable record */
    record Bounds(long logStartOffset, long endOffset, long bytes) {}

    record FoundOffset(long offset, long timestampMs) {}

    /**
     * Batches of a partition. Whoever receives it must {@link #release} it exactly once, after the last use of the bytes.
     *
     * @param batches read-only view; concatenated record batches, empty at the end of the log
     * @param nextOffset one past the last record in {@code batches}, or the offset asked for where it is empty
     * @param endOffset one past the last durable record at the time of reading
     */
    record LogSlice(ByteBuffer batches, long nextOffset, long endOffset, Runnable releaser) {
        public void release() {
            releaser.run();
        }
    }
}
