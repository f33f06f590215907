package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.Operation;
import dev.millrace.core.wire.TransactionFrames.TransactionRef;
import dev.millrace.core.wire.TransactionFrames.TxCommit;
import dev.millrace.core.wire.TransactionFrames.TxCommitted;
import dev.millrace.core.wire.TransactionFrames.TxStage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Sends a whole transaction and commits it, over as many connections and tries as the deadline allows: the broker
 * recognises one that it has committed. Thread: loop, but for {@link #start}.
 */
final class TransactionCommit {
    private static final int STAGE_BYTES = 1 << 20;
    private static final long RETRY_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long RETRY_MAX_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Link link;
    private final TransactionRef ref;
    private final List<Operation> operations;
    private final long deadlineNanos;
    private final CompletableFuture<TxCommitted> done = new CompletableFuture<>();
    private long retryNanos = RETRY_MIN_NANOS;
    private boolean sent;
    /** Whether a try was not answered, so that it may have been carried out. */
    private boolean mayHaveHappened;

    private MillraceException lastFailure;

    TransactionCommit(Link link, TransactionRef ref, List<Operation> operations) {
        this.link = link;
        this.ref = ref;
        this.operations = operations;
        this.deadlineNanos = System.nanoTime() + link.options().requestTimeoutNanos();
    }

    /** Thread: any. */
    CompletableFuture<TxCommitted> start() {
        boolean accepted = link.onLoop(() -> {
            link.loop().schedule(this::onDeadline, deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            attempt();
        });
        if (!accepted) {
            done.completeExceptionally(Link.closedException());
        }
        return done;
    }

    private void attempt() {
        if (done.isDone()) {
            return;
        }
        Connection connection = link.connection();
        if (connection == null) {
            retryLater();
            return;
        }
        sent = true;
        for (TxStage stage : stages()) {
            connection.open(stage, new AnswerHandler() {
                @Override
                public void onFrame(Frame frame) {
                    // A refusal comes again as the answer to the commit.
                }

                @Override
                public void onLost(MillraceException cause) {
                    // The commit hears of it, too.
                }
            });
        }
        connection.open(new TxCommit(ref, operations.size()), new AnswerHandler() {
            @Override
            public void onFrame(Frame frame) {
                onAnswer(frame);
            }

            @Override
            public void onLost(MillraceException cause) {
                mayHaveHappened = true;
                onUnanswered(cause);
            }
        });
    }

    private List<TxStage> stages() {
        List<TxStage> stages = new ArrayList<>();
        List<Operation> next = new ArrayList<>();
        int bytes = 0;
        for (Operation operation : operations) {
            if (!next.isEmpty() && bytes + operation.sizeBytes() > STAGE_BYTES) {
                stages.add(new TxStage(ref, next));
                next = new ArrayList<>();
                bytes = 0;
            }
            next.add(operation);
            bytes += operation.sizeBytes();
        }
        if (!next.isEmpty()) {
            stages.add(new TxStage(ref, next));
        }
        return stages;
    }

    private void onAnswer(Frame frame) {
        if (frame instanceof TxCommitted committed) {
            done.complete(committed);
            return;
        }
        MillraceException failure = frame instanceof Frames.Error error
                ? new MillraceException(Fault.ofCode(error.code()), error.detail())
                : new MillraceException(Fault.UNKNOWN_FRAME, "TX_COMMIT was answered with " + frame.type());
        mayHaveHappened |= failure.fault().outcomeUnknown();
        lastFailure = failure;
        if (failure.fault().retriable()) {
            retryLater();
        } else {
            // An earlier try may still be on its way to the broker, through a connection that is gone for us.
            done.completeExceptionally(
                    new MillraceException(failure.fault(), failure.detail(), mayHaveHappened, failure));
        }
    }

    private void onUnanswered(MillraceException cause) {
        if (cause.fault() == Fault.CLIENT_CLOSED) {
            done.completeExceptionally(new MillraceException(cause.fault(), cause.detail(), true, cause));
        } else {
            lastFailure = null;
            retryLater();
        }
    }

    private void retryLater() {
        link.loop().schedule(this::attempt, retryNanos, TimeUnit.NANOSECONDS);
        retryNanos = Math.min(RETRY_MAX_NANOS, 2 * retryNanos);
    }

    private void onDeadline() {
        if (done.isDone()) {
            return;
        }
        String waited = "the commit of a transaction had no answer from " + link.server() + " in "
                + link.options().requestTimeout().toMillis() + " ms";
        MillraceException down = link.lastFailure();
        if (lastFailure != null && !mayHaveHappened) {
            done.completeExceptionally(lastFailure);
        } else if (!sent && down != null) {
            done.completeExceptionally(
                    new MillraceException(Fault.CONNECT_FAILED, waited + "; " + down.detail(), down));
        } else {
            done.completeExceptionally(new MillraceException(Fault.TIMED_OUT, waited, sent, down));
        }
    }
}
