package dev.millrace.core.shard;

import dev.millrace.core.command.Command;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.failpoint.Failpoint;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.TimeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The log of a single node: the store's own write-ahead log, synced.
 *
 * <pre>
 *  shard thread    propose ─▶ apply ─▶ commit (unsynced) ─▶ awaiting ┐
 *  syncer thread                     sync once ◀─────────────────────┘ ─▶ visible, answered
 * </pre>
 *
 * What is committed during a sync is covered by the next one, so the number of syncs follows the disk, not the load. A
 * separate syncer gave 249-439 MB/s where a synced write gave 229-254 MB/s.
 *
 * <p>A failed commit or sync is final: everything waiting fails with an unknown outcome and nothing is accepted any more,
 * because after a failed fsync the page cache can no longer be trusted.
 */
public final class LocalShardLog implements ShardLog {
    private final Store store;
    private final ShardMachine machine;
    private final TimeSource time;
    private final SyncListener listener;
    private final ConcurrentLinkedQueue<Awaiting> awaiting = new ConcurrentLinkedQueue<>();
    private final AtomicLong unsyncedBytes = new AtomicLong();
    private volatile long durableSequence;
    /** Why nothing is accepted any more, or null. */
    private volatile FaultException failure;

    private int generation;

    /** Told of syncs and of the one failure. Thread: syncer, or shard for a failed commit. */
    public interface SyncListener {
        void onSync(long nanos);

        void onFailure(StoreException failure);
    }

    private record Awaiting(
            long sequence,
            long bytes,
            List<Object> answers,
            Runnable makeVisible,
            CompletableFuture<List<Object>> done) {}

    public LocalShardLog(Store store, ShardMachine machine, TimeSource time, SyncListener listener) {
        this.store = store;
        this.machine = machine;
        this.time = time;
        this.listener = listener;
        this.generation = machine.generation();
    }

    @Override
    public CompletableFuture<List<Object>> propose(CommandBatch batch) {
        CompletableFuture<List<Object>> done = new CompletableFuture<>();
        if (failure != null) {
            done.completeExceptionally(failure);
            return done;
        }
        try {
            Awaiting committed = batch.commands().isEmpty() ? barrier(done) : commit(batch, done);
            unsyncedBytes.addAndGet(committed.bytes);
            awaiting.add(committed);
            if (failure != null) {
                failAwaiting();
            }
        } catch (StoreException e) {
            fail(e);
            done.completeExceptionally(failure);
        }
        return done;
    }

    private Awaiting barrier(CompletableFuture<List<Object>> done) {
        return new Awaiting(store.committedSequence(), 0, List.of(), () -> {}, done);
    }

    private Awaiting commit(CommandBatch batch, CompletableFuture<List<Object>> done) {
        WriteSink sink = store.begin();
        List<Object> answers = new ArrayList<>(batch.commands().size());
        long nowMs = batch.stamp().nowMs();
        machine.beginBatch(batch.stamp());
        for (Command command : batch.commands()) {
            answers.add(machine.apply(command, nowMs, sink));
        }
        Runnable makeVisible = machine.endBatch(nowMs, sink);
        long sequence = sink.isEmpty() ? store.committedSequence() : store.commit(sink);
        Failpoint.AFTER_WRITE_BEFORE_SYNC.hit();
        if (machine.generation() != generation) {
            Failpoint.AT_ROTATION.hit();
            generation = machine.generation();
            store.rotate(generation);
        }
        return new Awaiting(sequence, batch.bytes(), answers, makeVisible, done);
    }

    /** True where {@link #syncOnce} has something to do. Thread: any. */
    public boolean hasAwaiting() {
        return !awaiting.isEmpty();
    }

    /** Syncs once and answers all that it covered; returns how many batches that were. Thread: syncer. */
    public int syncOnce() {
        if (awaiting.isEmpty()) {
            return 0;
        }
        if (failure != null) {
            failAwaiting();
            return 0;
        }
        try {
            if (store.committedSequence() > durableSequence) {
                long startNanos = time.nanoTime();
                durableSequence = store.sync();
                Failpoint.AFTER_SYNC_BEFORE_ANSWER.hit();
                listener.onSync(time.nanoTime() - startNanos);
            }
        } catch (StoreException e) {
            fail(e);
            return 0;
        }
        return answerDurable();
    }

    /** Lets the store do what its syncs put off. Thread: syncer. */
    public void idle() {
        if (failure != null) {
            return;
        }
        try {
            store.idle();
        } catch (StoreException e) {
            fail(e);
        }
    }

    private int answerDurable() {
        int count = 0;
        for (Awaiting next = awaiting.peek();
                next != null && next.sequence <= durableSequence;
                next = awaiting.peek()) {
            // The shard thread may just have failed and answered it.
            if (!awaiting.remove(next)) {
                continue;
            }
            unsyncedBytes.addAndGet(-next.bytes);
            show(next);
            next.done.complete(next.answers);
            count++;
        }
        return count;
    }

    private static void show(Awaiting durable) {
        try {
            durable.makeVisible.run();
        } catch (RuntimeException | Error defect) {
            durable.done.completeExceptionally(
                    new FaultException(Fault.INTERNAL, "showing a change failed, so the broker stops: " + defect));
            throw defect;
        }
    }

    private void fail(StoreException e) {
        boolean first = failWith(new FaultException(
                Fault.STORAGE_FAILED, "writing to disk failed, so nothing more is acknowledged: " + e.getMessage(), e));
        if (first) {
            listener.onFailure(e);
        }
    }

    /**
     * Ends the log because of a defect in one of its threads: all that waits fails with {@code cause}, and so does all that
     * is proposed from now on. Thread: any.
     */
    public void abandon(FaultException cause) {
        failWith(cause);
    }

    private boolean failWith(FaultException cause) {
        boolean first;
        synchronized (this) {
            first = failure == null;
            if (first) {
                failure = cause;
            }
        }
        failAwaiting();
        return first;
    }

    private void failAwaiting() {
        for (Awaiting next = awaiting.poll(); next != null; next = awaiting.poll()) {
            unsyncedBytes.addAndGet(-next.bytes);
            next.done.completeExceptionally(failure);
        }
    }

    @Override
    public long unsyncedBytes() {
        return unsyncedBytes.get();
    }

    @Override
    public void close() {
        while (failure == null && !awaiting.isEmpty()) {
            syncOnce();
        }
        failAwaiting();
    }
}
