package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionBuilder.OutputHandler;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.ProjectionDatabase.TakenOverException;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Checkpoints as a group's offsets in the broker, in one transaction with the outputs of all events before them.
 *
 * <pre>
 *   workers ──finished, with outputs──▶ track ──finished ones before the first unfinished──▶ one transaction
 * </pre>
 *
 * Outputs of events that finished early wait for those before them. The transactional id is the projection's: an instance
 * that is taken over can commit nothing any more.
 */
final class AtomicMode implements ProjectionMode {
    private static final int COMMIT_COUNT_MAX = 500;
    private static final long RETRY_MS = 200;
    /** The broker forgets groups whose offsets nobody commits, after weeks. */
    private static final long RENEW_NANOS = TimeUnit.HOURS.toNanos(1);

    private final ProjectionRun run;
    private final OutputHandler handler;
    private final Link link;
    private final ProjectionLog log;
    private final BrokerMode.CheckpointGroup group;
    private final Map<TopicPartition, Long> committed = new TreeMap<>();
    private Transactions transactions;
    private long committedNanos;

    AtomicMode(ProjectionRun run, OutputHandler handler, Link link) {
        this.run = run;
        this.handler = handler;
        this.link = link;
        this.log = new ProjectionLog(link, run.options.name());
        this.group = new BrokerMode.CheckpointGroup(link, run.options.name(), log);
    }

    /** Fences first: what an instance before may still commit is known after that. */
    @Override
    public Map<TopicPartition, Long> open(Map<TopicPartition, Long> starts) {
        log.open();
        transactions = NativeTransactions.open(link, run.options.id(), closed -> {});
        run.parked.load(log.parked());
        committed.putAll(group.checkpoints(starts));
        // As all offsets in a transaction: an instance that was fenced meanwhile must not take the group back.
        transactions.begin().sendOffsets(run.options.id(), committed).commit();
        committedNanos = System.nanoTime();
        log.begin();
        return Map.copyOf(committed);
    }

    @Override
    public boolean keepsFinished() {
        return true;
    }

    @Override
    public boolean isDone(ProjectionTask task) {
        return false;
    }

    @Override
    public void handle(List<ProjectionTask> tasks) throws InterruptedException {
        for (ProjectionTask task : tasks) {
            if (run.isStopping()) {
                return;
            }
            run.bringThrough(
                    task,
                    this,
                    () -> {
                        RecordedOutputs outputs = new RecordedOutputs(link.telemetry());
                        handler.handle(task.event, outputs);
                        task.outputs = outputs;
                    },
                    parked -> task.parked = parked);
        }
    }

    @Override
    public void passed(Map<TopicPartition, Long> offsets, int worker) {
        // The checkpoint is taken from all workers together.
    }

    // ---- committing

    @Override
    public void checkpoint(boolean all) throws InterruptedException {
        boolean renew = all && System.nanoTime() - committedNanos > RENEW_NANOS;
        int count;
        do {
            count = 0;
            for (ProjectionTrack track : run.tracks.values()) {
                ProjectionTrack.Prefix prefix = track.prefix(COMMIT_COUNT_MAX);
                boolean further = prefix.nextOffset() > committed.getOrDefault(track.partition, -1L);
                boolean worth = !prefix.tasks().isEmpty() || all && further || renew;
                if (worth && !commit(track, prefix)) {
                    return;
                }
                count += prefix.tasks().size();
            }
            renew = false;
        } while (count > 0);
    }

    @Override
    public void tell() {
        // What is passed is committed.
    }

    /** All in one transaction; where that is refused, one by one. False where the projection ends. */
    private boolean commit(ProjectionTrack track, ProjectionTrack.Prefix prefix) throws InterruptedException {
        List<ProjectionTask> tasks = prefix.tasks();
        try {
            return commitOnce(track, tasks, prefix.nextOffset());
        } catch (TakenOverException e) {
            run.stop(e);
            return false;
        } catch (RuntimeException refused) {
            if (tasks.isEmpty()) {
                run.stop(refused);
                return false;
            }
        }
        for (int i = 0; i < tasks.size(); i++) {
            long next = i + 1 < tasks.size() ? tasks.get(i + 1).event.offset() : prefix.nextOffset();
            if (!commitAlone(track, tasks.get(i), next)) {
                return false;
            }
        }
        return true;
    }

    private boolean commitAlone(ProjectionTrack track, ProjectionTask task, long nextOffset)
            throws InterruptedException {
        try {
            return commitOnce(track, List.of(task), nextOffset);
        } catch (TakenOverException e) {
            run.stop(e);
            return false;
        } catch (RuntimeException refused) {
            ParkedEvent parked = task.parked == null ? run.giveUp(task, refused, 1) : null;
            if (parked == null) {
                run.stop(refused);
                return false;
            }
            task.parked = parked;
            return commitAlone(track, task, nextOffset);
        }
    }

    /** False where the projection ended before. Fails: what refuses the transaction. */
    private boolean commitOnce(ProjectionTrack track, List<ProjectionTask> tasks, long nextOffset)
            throws InterruptedException, TakenOverException {
        for (ProjectionTask task : tasks) {
            // Its key may have been parked after it was handled, when the commit of an earlier event was refused.
            if (task.parked == null) {
                task.parked = run.parked.addBehind(task.event);
            }
        }
        boolean done = transact(transaction -> {
            tasks.forEach(task -> addTo(transaction, task));
            transaction.sendOffsets(run.options.id(), Map.of(track.partition, nextOffset));
        });
        if (done) {
            tasks.stream().filter(task -> task.parked != null).forEach(task -> run.parked.stored(task.parked));
            committed.put(track.partition, nextOffset);
            committedNanos = System.nanoTime();
            track.remove(tasks.size());
            run.moved();
        }
        return done;
    }

    private void addTo(Transaction transaction, ProjectionTask task) {
        if (task.parked == null) {
            task.outputs.addTo(transaction);
        } else {
            Event parked = ProjectionLog.parkedEvent(task.parked);
            transaction.append(ProjectionLog.TOPIC, run.options.id(), Expected.any(), parked);
        }
    }

    private interface Fill {
        void into(Transaction transaction) throws MillraceException;
    }

    /**
     * Commits, over faults that pass; false where the projection ended first, with an outcome that the next start finds out.
     * Fails: what refuses the transaction as a whole.
     */
    private boolean transact(Fill fill) throws InterruptedException, TakenOverException {
        while (true) {
            try (Transaction transaction = transactions.begin()) {
                fill.into(transaction);
                if (commitUntilKnown(transaction)) {
                    return true;
                }
            } catch (MillraceException e) {
                if (e.fault() == Fault.FENCED_PRODUCER || e.fault() == Fault.CLIENT_CLOSED) {
                    throw new TakenOverException(e.detail());
                }
                if (!e.retriable() && e.fault() != Fault.TRANSACTION_ENDED) {
                    throw e;
                }
            }
            if (run.pause(RETRY_MS)) {
                return false;
            }
        }
    }

    /** False where it was not committed and may be tried anew. */
    private boolean commitUntilKnown(Transaction transaction) throws InterruptedException {
        while (true) {
            try {
                transaction.commit();
                return true;
            } catch (MillraceException e) {
                if (!e.outcomeUnknown()) {
                    throw e;
                }
                if (run.pause(RETRY_MS)) {
                    return false;
                }
            }
        }
    }

    // ---- parked events

    @Override
    public void retry(ParkedEvent parked, StoredEvent event) throws Exception {
        RecordedOutputs outputs = new RecordedOutputs(link.telemetry());
        handler.handle(event, outputs);
        unpark(parked, outputs);
    }

    @Override
    public void discard(ParkedEvent parked) throws Exception {
        unpark(parked, new RecordedOutputs(link.telemetry()));
    }

    private void unpark(ParkedEvent parked, RecordedOutputs outputs) throws Exception {
        boolean done = transact(transaction -> {
            outputs.addTo(transaction);
            Event event = ProjectionLog.unparkedEvent(parked.position());
            transaction.append(ProjectionLog.TOPIC, run.options.id(), Expected.any(), event);
        });
        if (!done) {
            throw new MillraceException(Fault.CLIENT_CLOSED, "projection " + run.options.id() + " has ended");
        }
    }

    // ---- versions

    @Override
    public Projection.State state() {
        return log.state();
    }

    @Override
    public boolean passes(Exception failure) {
        return false;
    }

    /** Taking the transactional id over ends the version before at once, wherever it runs. */
    @Override
    public Map<TopicPartition, Long> retireLive() {
        Optional<ProjectionDatabase.Name> before = log.retireLive();
        if (before.isEmpty()) {
            return Map.of();
        }
        NativeTransactions.open(link, before.get().id(), closed -> {}).close();
        return group.committed(before.get());
    }

    @Override
    public void makeLive() {
        log.makeLive();
    }

    @Override
    public void close() {
        transactions.close();
    }
}
