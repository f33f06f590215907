package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.core.record.RecordBatchBuilder;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A sealed batch on its way, with whoever waits for its records. Thread: loop, after it was sealed. */
final class OutBatch {
    final SealedBytes bytes;
    final long deadlineNanos;
    /** Where it stands among the batches of its partition. */
    final long ordinal;
    /** Completes when all waiters know the outcome. */
    final CompletableFuture<Void> settled = new CompletableFuture<>();

    private final String topic;
    private final int partition;
    private final List<Waiter> waiters;
    private final int blockedCount;
    private final long reservedBytes;

    boolean stamped;
    int baseSequence;
    int sendCount;
    private final AtomicBoolean finished = new AtomicBoolean();
    /** Why the broker last refused it, where it will be tried again. */
    MillraceException lastFailure;

    OutBatch(BatchAccumulator.Open open, SealedBytes bytes, long ordinal) {
        this.topic = open.topic;
        this.partition = open.partition;
        this.waiters = open.waiters;
        this.blockedCount = open.blockedCount;
        this.reservedBytes = open.reservedBytes;
        this.deadlineNanos = open.deadlineNanos;
        this.bytes = bytes;
        this.ordinal = ordinal;
    }

    /** Returns whether this call ended it: its memory is given back then, and its waiters are to be told. */
    boolean finish() {
        boolean first = finished.compareAndSet(false, true);
        if (first) {
            bytes.release();
        }
        return first;
    }

    boolean isFinished() {
        return finished.get();
    }

    int recordCount() {
        return waiters.size();
    }

    int sizeBytes() {
        return bytes.view().remaining();
    }

    long reservedBytes() {
        return reservedBytes;
    }

    void stamp(long producerId, short epoch, int sequence) {
        RecordBatchBuilder.stampProducer(bytes.view(), producerId, epoch, sequence);
        baseSequence = sequence;
        stamped = true;
    }

    /** The sequence after this batch's last; they wrap to 0 after the largest. */
    int endSequence() {
        return (int) (((long) baseSequence + recordCount()) & Integer.MAX_VALUE);
    }

    /** Whether some of its waiters are code that must not run on the loop: {@link #succeedRest}, {@link #failRest}. */
    boolean hasRest() {
        return blockedCount < waiters.size();
    }

    /** Wakes callers that block. */
    void succeedBlocked(long baseOffset, long appendTimeMs, boolean duplicate) {
        if (blockedCount > 0) {
            succeedThose(true, baseOffset, appendTimeMs, duplicate);
        }
    }

    void succeedRest(long baseOffset, long appendTimeMs, boolean duplicate) {
        succeedThose(false, baseOffset, appendTimeMs, duplicate);
    }

    private void succeedThose(boolean blocking, long baseOffset, long appendTimeMs, boolean duplicate) {
        for (int i = 0; i < waiters.size(); i++) {
            Waiter waiter = waiters.get(i);
            if (waiter.blocksCaller() == blocking) {
                waiter.succeed(receipt(baseOffset + i, appendTimeMs, duplicate));
            }
        }
    }

    void failBlocked(MillraceException cause) {
        waiters.stream().filter(Waiter::blocksCaller).forEach(waiter -> waiter.fail(cause));
    }

    void failRest(MillraceException cause) {
        waiters.stream().filter(waiter -> !waiter.blocksCaller()).forEach(waiter -> waiter.fail(cause));
    }

    private Receipt receipt(long offset, long appendTimeMs, boolean duplicate) {
        return new Receipt(topic, partition, offset, appendTimeMs, duplicate);
    }
}
