package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.core.record.RecordBatchBuilder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Gathers the messages of one partition: callers encode into the open batch, the loop takes the sealed ones.
 *
 * <p>Thread: any, by its monitor but for what is volatile; nothing waits or sends while it is held.
 */
final class BatchAccumulator {
    static final long NEVER = Long.MIN_VALUE;

    /** The batch that callers append to. */
    static final class Open {
        final String topic;
        final int partition;
        final RecordBatchBuilder builder;
        final List<Waiter> waiters = new ArrayList<>();
        final long createdNanos;
        final long deadlineNanos;
        long reservedBytes;
        /** Of the waiters, those that block their callers. */
        int blockedCount;

        Open(String topic, int partition, RecordBatchBuilder builder, long createdNanos, long deadlineNanos) {
            this.topic = topic;
            this.partition = partition;
            this.builder = builder;
            this.createdNanos = createdNanos;
            this.deadlineNanos = deadlineNanos;
        }
    }

    /** What an append changed that the loop should know of. */
    enum Wake {
        NOTHING,
        OPENED,
        SEALED
    }

    private final String topic;
    private final int partition;
    private final ProducerOptions options;
    private final BuilderPool builders;
    private final BatchMemory memory;
    private final Deque<OutBatch> sealed = new ArrayDeque<>();
    private final Deque<OutBatch> unsettled = new ArrayDeque<>();
    /** At which size a batch is sealed; only the loop changes it. */
    private volatile int targetBytes;

    private Open open;
    /** Of the open batch; read without the monitor, because the loop asks several times for each batch. */
    private volatile long openSinceNanos = NEVER;

    private volatile boolean anySealed;
    private long nextOrdinal;
    private MillraceException closedBy;

    BatchAccumulator(String topic, int partition, ProducerOptions options, BuilderPool builders, BatchMemory memory) {
        this.topic = topic;
        this.partition = partition;
        this.options = options;
        this.builders = builders;
        this.memory = memory;
        this.targetBytes = options.batchBytes();
    }

    /** The partition has all in flight that it may and more is waiting: larger batches bring more with each answer. */
    void growBatches() {
        targetBytes = Math.min(options.batchBytesMax(), 2 * targetBytes);
    }

    /** The partition keeps up. */
    void resetBatches() {
        targetBytes = options.batchBytes();
    }

    /** Adds a message. Fails: what closed the accumulator. */
    synchronized Wake append(Message message, long timestampMs, long reservedBytes, Waiter waiter) {
        if (closedBy != null) {
            throw closedBy;
        }
        Wake wake = Wake.NOTHING;
        if (open != null && !tryAppend(message, timestampMs)) {
            seal();
            wake = Wake.SEALED;
        }
        if (open == null) {
            open = begin(reservedBytes);
            openSinceNanos = open.createdNanos;
            wake = wake == Wake.NOTHING ? Wake.OPENED : wake;
            tryAppend(message, timestampMs);
        }
        open.waiters.add(waiter);
        open.blockedCount += waiter.blocksCaller() ? 1 : 0;
        open.reservedBytes += reservedBytes;
        if (open.builder.sizeBytes() >= targetBytes) {
            seal();
            wake = Wake.SEALED;
        }
        return wake;
    }

    private Open begin(long firstBytes) {
        long nowNanos = System.nanoTime();
        return new Open(topic, partition, builders.take(firstBytes), nowNanos, nowNanos + options.deliveryNanos());
    }

    /** Always takes the first message of a batch. */
    private boolean tryAppend(Message message, long timestampMs) {
        return open.builder.appendWithin(targetBytes, timestampMs, message.key(), message.value(), message.headers());
    }

    private void seal() {
        SealedBytes bytes = new SealedBytes(open.builder, !options.idempotent(), memory);
        OutBatch batch = new OutBatch(open, bytes, nextOrdinal++);
        builders.giveBack(open.builder);
        open = null;
        openSinceNanos = NEVER;
        sealed.add(batch);
        anySealed = true;
        unsettled.add(batch);
    }

    /** Moves what is sealed to the given queue. */
    void takeSealed(Collection<OutBatch> into) {
        if (anySealed) {
            moveSealed(into);
        }
    }

    private synchronized void moveSealed(Collection<OutBatch> into) {
        into.addAll(sealed);
        sealed.clear();
        anySealed = false;
    }

    /** When the open batch was begun, or {@link #NEVER} where there is none. */
    long openSinceNanos() {
        return openSinceNanos;
    }

    /** Seals the open batch, where there is one, so that the next {@link #takeSealed} brings it. */
    synchronized void sealOpen() {
        if (open != null) {
            seal();
        }
    }

    synchronized boolean isIdle() {
        return open == null && sealed.isEmpty();
    }

    /** What to wait for so that everything appended until now has its outcome. */
    synchronized List<CompletableFuture<Void>> unsettled() {
        sealOpen();
        return unsettled.stream().map(batch -> batch.settled).toList();
    }

    synchronized void settled(OutBatch batch) {
        unsettled.remove(batch);
    }

    /** Refuses messages from now on and seals what is open. */
    synchronized void close(MillraceException cause) {
        closedBy = cause;
        sealOpen();
    }
}
