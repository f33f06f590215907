package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.core.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A sealed batch on its way, with whoever waits for its records. Thread: loop, after it was sealed. */
final class OutBatch {
    /** Marks a waiter that blocks its own thread, which the loop may wake by itself. */
    static final class BlockedCaller extends CompletableFuture<Receipt> {}

    final ByteBuffer bytes;
    final long deadlineNanos;
    /** Where it stands among the batches of its partition. */
    final long ordinal;
    /** Completes when all waiters know the outcome. */
    final CompletableFuture<Void> settled = new CompletableFuture<>();

    private final String topic;
    private final int partition;
    private final List<CompletableFuture<Receipt>> waiters;
    private final long reservedBytes;

    boolean stamped;
    int baseSequence;
    int sendCount;
    boolean finished;
    /** Why the broker last refused it, where it will be tried again. */
    MillraceException lastFailure;

    OutBatch(BatchAccumulator.Open open, ByteBuffer bytes, long ordinal) {
        this.topic = open.topic;
        this.partition = open.partition;
        this.waiters = open.waiters;
        this.reservedBytes = open.reservedBytes;
        this.deadlineNanos = open.deadlineNanos;
        this.bytes = bytes;
        this.ordinal = ordinal;
    }

    int recordCount() {
        return waiters.size();
    }

    int sizeBytes() {
        return bytes.remaining();
    }

    long reservedBytes() {
        return reservedBytes;
    }

    void stamp(long producerId, short epoch, int sequence) {
        RecordBatchBuilder.stampProducer(bytes, producerId, epoch, sequence);
        baseSequence = sequence;
        stamped = true;
    }

    /** The sequence after this batch's last; they wrap to 0 after the largest. */
    int endSequence() {
        return (int) (((long) baseSequence + recordCount()) & Integer.MAX_VALUE);
    }

    /** Wakes callers that block; the others' code must not run on the loop, see {@link #succeedRest}. Returns whether there are others. */
    boolean succeedBlocked(long baseOffset, long appendTimeMs, boolean duplicate) {
        boolean others = false;
        for (int i = 0; i < waiters.size(); i++) {
            if (waiters.get(i) instanceof BlockedCaller caller) {
                caller.complete(receipt(baseOffset + i, appendTimeMs, duplicate));
            } else {
                others = true;
            }
        }
        return others;
    }

    void succeedRest(long baseOffset, long appendTimeMs, boolean duplicate) {
        for (int i = 0; i < waiters.size(); i++) {
            if (!(waiters.get(i) instanceof BlockedCaller)) {
                waiters.get(i).complete(receipt(baseOffset + i, appendTimeMs, duplicate));
            }
        }
    }

    void failBlocked(MillraceException cause) {
        waiters.stream().filter(BlockedCaller.class::isInstance).forEach(waiter -> waiter.completeExceptionally(cause));
    }

    void failRest(MillraceException cause) {
        waiters.forEach(waiter -> waiter.completeExceptionally(cause));
    }

    private Receipt receipt(long offset, long appendTimeMs, boolean duplicate) {
        return new Receipt(topic, partition, offset, appendTimeMs, duplicate);
    }
}
