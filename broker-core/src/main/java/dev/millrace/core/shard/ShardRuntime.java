package dev.millrace.core.shard;

import dev.millrace.core.command.Command;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.time.Stamp;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The duty cycle of a shard: take all that waits, apply it, make it durable once, answer everyone.
 *
 * <p>Production gives {@link #runOnce} a thread; tests and the simulator call it by hand with a clock that they move.
 *
 * @param <M> the machine, so that queries are typed
 */
public final class ShardRuntime<M extends ShardMachine> {
    private static final Logger LOG = System.getLogger(ShardRuntime.class.getName());

    private final M machine;
    private final ShardLog shardLog;
    private final Limits limits;
    private final CommitObserver observer;
    private final Inbox<Request<M>> inbox;
    private final ThreadOwner owner = new ThreadOwner("shard");
    private volatile boolean accepting = true;
    private volatile boolean ended;

    /**
     * @param unsyncedBytesMax with more than this waiting for the disk the shard takes no new batch, so that memory stays
     *     bounded and the inbox, once full, pushes back
     */
    public record Limits(
            int inboxCountMax, long inboxBytesMax, int batchCountMax, long batchBytesMax, long unsyncedBytesMax) {
        /**
         * 256 requests a commit: while it is synced and answered the next one is made. With thousands at once a thousand
         * waiting publishers came to move in step, all at the same stage, and got a tenth less done.
         */
        public static Limits defaults() {
            return new Limits(65_536, 256L << 20, 256, 4L << 20, 32L << 20);
        }
    }

    /** What waits in the inbox, and for its answer. */
    private sealed interface Request<M> {
        List<Command> commands();

        CompletableFuture<?> answer();

        int sizeBytes();

        /** How many requests it stands for. */
        default int count() {
            return 1;
        }
    }

    /** A change to propose. */
    private record Change<M>(Command command, CompletableFuture<Object> answer) implements Request<M> {
        @Override
        public List<Command> commands() {
            return List.of(command);
        }

        @Override
        public int sizeBytes() {
            return command.sizeBytes();
        }
    }

    /** Changes that are proposed one after the other and answered together. */
    private record Changes<M>(List<Command> commands, CompletableFuture<List<Object>> answer) implements Request<M> {
        @Override
        public int sizeBytes() {
            int bytes = 0;
            for (Command command : commands) {
                bytes += command.sizeBytes();
            }
            return bytes;
        }

        @Override
        public int count() {
            return commands.size();
        }
    }

    /** A question to answer from the state after the changes before it. */
    private record Question<M>(Function<M, ?> query, CompletableFuture<Object> answer) implements Request<M> {
        private static final int SIZE_BYTES = 64;

        @Override
        public List<Command> commands() {
            return List.of();
        }

        @Override
        public int sizeBytes() {
            return SIZE_BYTES;
        }
    }

    /** Told of each turn that took requests; must return at once. Thread: shard. */
    @FunctionalInterface
    public interface CommitObserver {
        void onCommit(int requests, long bytes);
    }

    public ShardRuntime(M machine, ShardLog shardLog, Limits limits, CommitObserver observer) {
        this.observer = observer;
        this.machine = machine;
        this.shardLog = shardLog;
        this.limits = limits;
        this.inbox = new Inbox<>(limits.inboxCountMax, limits.inboxBytesMax);
    }

    /** Queues a change; the future completes when it is durable, or with the fault that refused it. Thread: any. */
    public <T> CompletableFuture<T> submit(Command command) {
        return enqueue(new Change<>(command, new CompletableFuture<>()));
    }

    /**
     * As {@link #submit} for each of these, which are applied one after the other in one commit. Answers what each came to: a
     * {@link Refusal} where it was refused, which does not keep the others. Fails as a whole where they do not fit into the
     * inbox, or are not durable. Thread: any.
     */
    public CompletableFuture<List<Object>> submitAll(List<Command> commands) {
        return enqueue(new Changes<>(commands, new CompletableFuture<>()));
    }

    /**
     * Queues a question. It sees at least every change that was submitted before it, and is answered only when all that
     * it saw is durable. Thread: any.
     */
    public <T> CompletableFuture<T> query(Function<M, T> query) {
        return enqueue(new Question<>(query, new CompletableFuture<>()));
    }

    @SuppressWarnings(
            "unchecked") // apply and the query alone decide the answer's type; callers name what they asked for
    private <T> CompletableFuture<T> enqueue(Request<M> request) {
        if (!accepting) {
            request.answer().completeExceptionally(stopping());
        } else if (!inbox.offer(request, request.count(), request.sizeBytes())) {
            request.answer()
                    .completeExceptionally(new FaultException(
                            Fault.OVERLOADED,
                            "the inbox is full: " + inbox.count() + " of " + limits.inboxCountMax + " requests, "
                                    + inbox.bytes() + " of " + limits.inboxBytesMax + " bytes"));
        } else if (ended) {
            refuseWaiting();
        }
        return (CompletableFuture<T>) request.answer();
    }

    /** One turn at a time moved by hand. */
    public int runOnce(long nowMs) {
        return runOnce(Stamp.of(nowMs));
    }

    /** One turn; returns how many it took of what {@link #submit}, {@link #submitAll} and {@link #query} queued. Thread: shard. */
    public int runOnce(Stamp stamp) {
        owner.assertCurrent();
        if (isStalled()) {
            return 0;
        }
        List<Request<M>> requests = inbox.drain(limits.batchCountMax, limits.batchBytesMax);
        Command due = machine.dueCommand(stamp);
        if (due != null) {
            // Last, so that a request to stop it that waited here comes before it.
            requests.add(new Change<>(due, new CompletableFuture<>()));
        }
        if (requests.isEmpty()) {
            return 0;
        }
        try {
            process(requests, stamp);
        } catch (RuntimeException | Error defect) {
            FaultException cause =
                    new FaultException(Fault.INTERNAL, "applying a change failed, so the broker stops: " + defect);
            requests.forEach(request -> request.answer().completeExceptionally(cause));
            throw defect;
        }
        return requests.size();
    }

    private void process(List<Request<M>> requests, Stamp stamp) {
        CommandBatch batch = toBatch(requests, stamp);
        CompletableFuture<List<Object>> applied = shardLog.propose(batch);
        observer.onCommit(requests.stream().mapToInt(Request::count).sum(), batch.bytes());
        List<Object> queried = answerQueries(requests);
        applied.whenComplete((answers, error) -> reply(requests, answers, queried, error));
    }

    private boolean isStalled() {
        return shardLog.unsyncedBytes() > limits.unsyncedBytesMax;
    }

    private CommandBatch toBatch(List<Request<M>> requests, Stamp stamp) {
        List<Command> commands = new ArrayList<>(requests.size());
        long bytes = 0;
        for (Request<M> request : requests) {
            for (Command command : request.commands()) {
                commands.add(command);
                bytes += command.sizeBytes();
            }
        }
        return new CommandBatch(commands, stamp, bytes);
    }

    private List<Object> answerQueries(List<Request<M>> requests) {
        List<Object> answers = new ArrayList<>();
        for (Request<M> request : requests) {
            if (request instanceof Question<M> question) {
                answers.add(answer(question.query));
            }
        }
        return answers;
    }

    /** A question changes nothing, so one that fails harms nobody but its asker. */
    private Object answer(Function<M, ?> query) {
        try {
            return query.apply(machine);
        } catch (RuntimeException defect) {
            LOG.log(Level.ERROR, "question failed", defect);
            return Refusal.of(Fault.INTERNAL, "answering failed: %s", defect);
        }
    }

    private void reply(List<Request<M>> requests, List<Object> applied, List<Object> queried, Throwable error) {
        if (error != null) {
            Throwable cause = error instanceof CompletionException ? error.getCause() : error;
            requests.forEach(request -> request.answer().completeExceptionally(cause));
            return;
        }
        Iterator<Object> nextApplied = applied.iterator();
        Iterator<Object> nextQueried = queried.iterator();
        for (Request<M> request : requests) {
            if (request instanceof Changes<M> changes) {
                List<Object> answers = new ArrayList<>(changes.count());
                for (int i = 0; i < changes.count(); i++) {
                    answers.add(nextApplied.next());
                }
                changes.answer.complete(answers);
            } else if (request instanceof Change<M> change) {
                answer(change.answer, nextApplied.next());
            } else if (request instanceof Question<M> question) {
                answer(question.answer, nextQueried.next());
            }
        }
    }

    private static void answer(CompletableFuture<Object> future, Object answer) {
        if (answer instanceof Refusal refusal) {
            future.completeExceptionally(refusal.toException());
        } else {
            future.complete(answer);
        }
    }

    /** Waits for work, at most {@code nanosMax}. Thread: shard. */
    public void await(long nanosMax) {
        inbox.await(nanosMax, this::isStalled);
    }

    /** How long, after a turn with this stamp, until time alone brings the next change. Thread: shard. */
    public long untilDueNanos(Stamp stamp) {
        long ms = machine.nextDueMs() - stamp.dueMs();
        // Due and not taken: something holds it up, which says so itself, or passes.
        return ms <= 0 ? Long.MAX_VALUE : TimeUnit.MILLISECONDS.toNanos(ms);
    }

    /** Ends a wait early: after a sync, when the shard may have stopped for want of room. Thread: any. */
    public void wake() {
        inbox.wake();
    }

    /** From now on every request is refused with SHUTTING_DOWN; those accepted still run. Thread: any. */
    public void stopAccepting() {
        accepting = false;
    }

    /** Says that {@link #runOnce} is not called any more: what still waits, or comes later, is refused. Thread: any. */
    public void end() {
        accepting = false;
        ended = true;
        refuseWaiting();
    }

    /** Also called by who came in while the runtime ended: nobody else would answer. */
    private synchronized void refuseWaiting() {
        for (Request<M> request : inbox.drain(Integer.MAX_VALUE, Long.MAX_VALUE)) {
            request.answer().completeExceptionally(stopping());
        }
    }

    private static FaultException stopping() {
        return new FaultException(Fault.SHUTTING_DOWN, "the broker is stopping");
    }

    public boolean isIdle() {
        return inbox.isEmpty();
    }

    /** For what the machine offers to any thread. */
    public M machine() {
        return machine;
    }

    public int inboxCount() {
        return inbox.count();
    }

    public long inboxBytes() {
        return inbox.bytes();
    }
}
