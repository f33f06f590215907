package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionDatabase.TakenOverException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A running projection: reads events and deals them out to workers, each key always to the same one; the keeper makes
 * checkpoints, looks whether this version is still wanted, and works on parked events.
 *
 * <pre>
 *   consumer ──dispatcher──▶ worker 0 ─▶ mode, handler ──▶ track ◀── keeper, each time something moves and every second
 *                       └──▶ worker n ─▶ mode, handler ──▶ track
 * </pre>
 *
 * So many events are in hand at most; then the dispatcher waits. Thread: any, for the public methods.
 */
final class ProjectionRunner implements Projection {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final int IN_HAND_COUNT_MAX = 1000;
    private static final int BATCH_COUNT_MAX = 100;
    private static final Duration POLL_TIME = Duration.ofSeconds(1);

    /** What a worker does next. */
    private sealed interface Job {
        record Handle(ProjectionTask task) implements Job {}

        /** All events before these offsets have been handed out. */
        record Passed(Map<TopicPartition, Long> offsets) implements Job {}

        record End() implements Job {}
    }

    private final class Worker {
        final int number;
        final BlockingQueue<Job> queue = new LinkedBlockingQueue<>();
        final AtomicBoolean told = new AtomicBoolean();
        final Thread thread;

        Worker(int number) {
            this.number = number;
            this.thread = newThread("handler-" + number, () -> work(this));
        }
    }

    private final ProjectionRun run;
    private final ProjectionMode mode;
    private final ProjectionSource source;
    private final NativeConsumer consumer;
    private final ParkedWork parkedWork;
    private final Consumer<AutoCloseable> onEnd;
    private final List<Worker> workers = new ArrayList<>();
    private final Thread dispatcher;
    private final Thread keeper;
    private final CompletableFuture<Void> caughtUp = new CompletableFuture<>();
    private final CompletableFuture<Void> finished = new CompletableFuture<>();
    private volatile State state;
    private volatile boolean full;

    /** @param state as it was taken over */
    ProjectionRunner(
            ProjectionRun run,
            ProjectionMode mode,
            ProjectionSource source,
            State state,
            Consumer<AutoCloseable> onEnd) {
        this.run = run;
        this.mode = mode;
        this.source = source;
        this.state = state;
        this.onEnd = onEnd;
        this.consumer = source.open(run.passed());
        this.parkedWork = new ParkedWork(run, mode, source);
        for (int i = 0; i < run.options.concurrency(); i++) {
            workers.add(new Worker(i));
        }
        this.dispatcher = newThread("dispatcher", this::dispatch);
        this.keeper = newThread("keeper", this::keep);
    }

    private Thread newThread(String role, Runnable body) {
        Thread thread = new Thread(body, "millrace-" + run.options.id() + "-" + role);
        thread.setDaemon(true);
        return thread;
    }

    void start() {
        workers.forEach(worker -> worker.thread.start());
        dispatcher.start();
        keeper.start();
    }

    private void stop(Throwable cause) {
        run.stop(cause);
        workers.forEach(worker -> worker.queue.add(new Job.End()));
        consumer.wakeUp();
    }

    // ---- dispatcher

    private void dispatch() {
        try {
            while (!run.isStopping()) {
                int room = Math.max(0, IN_HAND_COUNT_MAX - run.inHandCount());
                full = room == 0;
                if (full) {
                    room = Math.max(
                            0, IN_HAND_COUNT_MAX - run.inHandCount()); // one may have finished before it was told
                }
                consumer.poll(POLL_TIME, room).forEach(this::dispatch);
                consumer.positions()
                        .forEach(
                                (partition, offset) -> run.tracks.get(partition).handedOutTo(offset));
                run.moved();
            }
        } catch (MillraceException e) {
            run.stop(e.fault() == Fault.OFFSET_OUT_OF_RANGE ? gone(e) : e);
        } catch (RuntimeException | Error e) {
            run.stop(e);
        }
    }

    private void dispatch(ReceivedMessage message) {
        ProjectionTrack track = run.tracks.get(message.topicPartition());
        ProjectionTask task = new ProjectionTask(StoredEvent.of(message), track);
        if (!mode.isDone(task)) {
            track.handOut(task);
            workers.get(task.lane % workers.size()).queue.add(new Job.Handle(task));
        }
    }

    private MillraceException gone(MillraceException e) {
        return new MillraceException(
                Fault.POSITION_GONE,
                "projection " + run.options.id() + " goes on where events are no longer there: " + e.detail()
                        + ". What was in them is missing in the read model; build it anew as version "
                        + (run.options.name().version() + 1),
                e);
    }

    // ---- workers

    private void work(Worker worker) {
        List<Job> jobs = new ArrayList<>();
        try {
            while (!run.isStopping()) {
                jobs.clear();
                jobs.add(worker.queue.take());
                worker.queue.drainTo(jobs, BATCH_COUNT_MAX - 1);
                work(worker, jobs);
            }
        } catch (InterruptedException e) {
            run.stop(e);
        } catch (RuntimeException | Error e) {
            run.stop(e);
        }
    }

    private void work(Worker worker, List<Job> jobs) throws InterruptedException {
        List<ProjectionTask> tasks = new ArrayList<>();
        for (Job job : jobs) {
            if (job instanceof Job.Handle handle) {
                tasks.add(handle.task);
            } else if (job instanceof Job.Passed passed) {
                handle(tasks);
                worker.told.set(false);
                if (!run.isStopping()) {
                    mode.passed(passed.offsets, worker.number);
                }
            }
        }
        handle(tasks);
    }

    private void handle(List<ProjectionTask> tasks) throws InterruptedException {
        if (!tasks.isEmpty() && !run.isStopping()) {
            mode.handle(List.copyOf(tasks));
            tasks.clear();
            if (full) {
                consumer.wakeUp();
            }
        }
    }

    // ---- keeper

    private void keep() {
        long intervalNanos = run.options.checkpointInterval().toNanos();
        long dueNanos = System.nanoTime() + intervalNanos;
        long seen = -1;
        try {
            while (!run.isStopping()) {
                run.awaitMove(seen, dueNanos);
                seen = run.moves();
                boolean due = System.nanoTime() >= dueNanos;
                keep(due);
                if (due) {
                    dueNanos = System.nanoTime() + intervalNanos;
                }
            }
        } catch (InterruptedException | RuntimeException | Error e) {
            run.stop(e);
        }
        end();
    }

    private void keep(boolean due) throws InterruptedException {
        try {
            mode.checkpoint(due);
            if (full) {
                consumer.wakeUp();
            }
            if (due) {
                tellWorkers();
                lookAround();
            }
            parkedWork.go();
        } catch (MillraceException e) {
            if (!e.retriable()) {
                throw e;
            }
            warn(e);
            run.pause(POLL_TIME.toMillis());
        }
        if (!caughtUp.isDone() && isCaughtUp()) {
            caughtUp.complete(null);
        }
    }

    private void tellWorkers() {
        Map<TopicPartition, Long> handedOut = new TreeMap<>();
        run.tracks.forEach((partition, track) -> handedOut.put(partition, track.handedOutTo()));
        for (Worker worker : workers) {
            if (worker.told.compareAndSet(false, true)) {
                worker.queue.add(new Job.Passed(handedOut));
            }
        }
    }

    private void lookAround() {
        try {
            State now = mode.state();
            if (now == State.FAILED) {
                run.stop(new TakenOverException("another instance has taken over"));
            } else if (now == State.REPLACED) {
                run.stop(null);
            }
            state = now == State.FAILED ? state : now;
        } catch (MillraceException e) {
            throw e;
        } catch (Exception e) {
            if (!mode.passes(e)) {
                run.stop(e);
            }
            warn(e);
        }
    }

    private void warn(Exception e) {
        LOG.log(
                System.Logger.Level.WARNING,
                "projection.waits projection={0} cause={1}",
                run.options.id(),
                e.toString());
    }

    // ---- the end

    private void end() {
        stop(null);
        join(dispatcher);
        workers.forEach(worker -> join(worker.thread));
        Throwable cause = run.failure();
        try {
            mode.checkpoint(true);
        } catch (RuntimeException | InterruptedException e) {
            warn(e);
        }
        State last = lastState(cause);
        mode.close();
        consumer.close();
        parkedWork.end();
        onEnd.accept(this);
        state = last;
        run.moved();
        if (last == State.FAILED) {
            Throwable told = cause instanceof TakenOverException ? takenOver(cause) : cause;
            LOG.log(
                    System.Logger.Level.ERROR,
                    "projection.stopped projection={0} cause={1}",
                    run.options.id(),
                    told.toString());
            caughtUp.completeExceptionally(told);
            finished.completeExceptionally(told);
        } else {
            caughtUp.cancel(false);
            finished.complete(null);
        }
    }

    /** What is fenced may have been replaced: then it ended as it should. */
    private State lastState(Throwable cause) {
        boolean mayBeReplaced = cause == null || cause instanceof TakenOverException;
        try {
            if (mayBeReplaced && (state == State.REPLACED || mode.state() == State.REPLACED)) {
                return State.REPLACED;
            }
        } catch (Exception unknown) {
            LOG.log(System.Logger.Level.DEBUG, "projection.state.unknown cause={0}", unknown.toString());
        }
        return cause == null ? State.CLOSED : State.FAILED;
    }

    private MillraceException takenOver(Throwable cause) {
        return new MillraceException(
                Fault.FENCED_MEMBER,
                "projection " + run.options.id() + " was taken over by another instance of it; only one runs at a time",
                cause);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- what the user asks

    @Override
    public String id() {
        return run.options.id();
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public boolean isCaughtUp() {
        for (Map.Entry<TopicPartition, ProjectionTrack> entry : run.tracks.entrySet()) {
            long end = consumer.endOffset(entry.getKey());
            if (end < 0 || entry.getValue().passed() < end) {
                return false;
            }
        }
        return true;
    }

    @Override
    public CompletableFuture<Void> caughtUp() {
        return caughtUp.copy();
    }

    @Override
    public Lag lag() {
        mode.tell();
        return source.lag(run.passed());
    }

    @Override
    public boolean await(Position position, Duration timeout) {
        ProjectionTrack track = run.tracks.get(position.topicPartition());
        Checks.require(track != null, "position", position, "one in " + run.tracks.keySet());
        return awaitPassed(track, position.offset() + 1, System.nanoTime() + timeout.toNanos());
    }

    private boolean awaitPassed(ProjectionTrack track, long offset, long deadlineNanos) {
        try {
            while (true) {
                long seen = run.moves();
                if (track.passed() >= offset) {
                    return true;
                }
                if (run.isStopping()) {
                    throw new IllegalStateException("projection " + id() + " has ended", run.failure());
                }
                if (System.nanoTime() >= deadlineNanos) {
                    return false;
                }
                run.awaitMove(seen, deadlineNanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean awaitPassed(Map<TopicPartition, Long> offsets, long deadlineNanos) {
        for (Map.Entry<TopicPartition, Long> entry : offsets.entrySet()) {
            ProjectionTrack track = run.tracks.get(entry.getKey());
            if (track != null && !awaitPassed(track, entry.getValue(), deadlineNanos)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean swap(Duration timeout) {
        long deadlineNanos = System.nanoTime() + timeout.toNanos();
        if (!awaitPassed(source.ends(), deadlineNanos)) {
            return false;
        }
        try {
            // What was to be seen in the version before is to be seen in this one when that is the one to read.
            if (!awaitPassed(mode.retireLive(), deadlineNanos)) {
                return false;
            }
            mode.makeLive();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new MillraceException(Fault.INVALID_REQUEST, "projection " + id() + " cannot be made live: " + e, e);
        }
        state = State.LIVE;
        return true;
    }

    @Override
    public List<ParkedEvent> parked() {
        return run.parked.list();
    }

    @Override
    public Retried retryParked(byte[] key) {
        return parkedWork.retry(key);
    }

    @Override
    public Retried retryParked() {
        return parkedWork.retry(null);
    }

    @Override
    public boolean discardParked(Position position) {
        return parkedWork.discard(position);
    }

    @Override
    public CompletableFuture<Void> finished() {
        return finished.copy();
    }

    /** Called from a handler it returns at once and the rest follows. */
    @Override
    public void close() {
        stop(null);
        Thread current = Thread.currentThread();
        if (current != keeper && workers.stream().noneMatch(worker -> worker.thread == current)) {
            Waiting.on(finished.handle((done, error) -> null));
        }
    }
}
