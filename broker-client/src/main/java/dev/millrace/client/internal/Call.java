package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One request with its deadline, over as many connections and tries as that allows. Thread: loop. */
final class Call implements AnswerHandler {
    private static final long RETRY_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long RETRY_MAX_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Link link;
    private final Frame request;
    private final boolean repeatable;
    private final Consumer<Frame> onAnswer;
    private final Consumer<MillraceException> onFailure;
    private Future<?> timer;
    private long timeoutNanos;
    private long retryNanos = RETRY_MIN_NANOS;
    private boolean done;
    /** Whether an earlier try may have been carried out. */
    private boolean mayHaveHappened;

    private MillraceException lastFailure;

    Call(
            Link link,
            Frame request,
            boolean repeatable,
            Consumer<Frame> onAnswer,
            Consumer<MillraceException> onFailure) {
        this.link = link;
        this.request = request;
        this.repeatable = repeatable;
        this.onAnswer = onAnswer;
        this.onFailure = onFailure;
    }

    void arm(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
        timer = link.loop().schedule(this::onDeadline, timeoutNanos, TimeUnit.NANOSECONDS);
    }

    void sendOn(Connection connection) {
        if (!done) {
            mayHaveHappened = true;
            connection.open(request, this);
        }
    }

    @Override
    public void onFrame(Frame frame) {
        if (done) {
            return;
        }
        if (!(frame instanceof Frames.Error error)) {
            finish();
            onAnswer.accept(frame);
            return;
        }
        Fault fault = Fault.ofCode(error.code());
        MillraceException failure = new MillraceException(fault, error.detail());
        mayHaveHappened = fault.outcomeUnknown();
        if (fault == Fault.OVERLOADED || fault == Fault.SHUTTING_DOWN) {
            lastFailure = failure;
            link.loop().schedule(() -> link.submit(this), retryNanos, TimeUnit.NANOSECONDS);
            retryNanos = Math.min(RETRY_MAX_NANOS, 2 * retryNanos);
        } else {
            fail(failure);
        }
    }

    @Override
    public void onLost(MillraceException cause) {
        if (done) {
            return;
        }
        if (repeatable && cause.fault() != Fault.CLIENT_CLOSED) {
            lastFailure = null;
            link.submit(this);
        } else {
            fail(new MillraceException(
                    cause.fault(), request.type() + " was sent and not answered: " + cause.detail(), true, cause));
        }
    }

    private void onDeadline() {
        link.withdraw(this);
        String waited = request.type() + " had no answer from " + link.server() + " in "
                + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms";
        MillraceException down = link.lastFailure();
        if (lastFailure != null) {
            fail(lastFailure);
        } else if (down != null && !mayHaveHappened) {
            fail(new MillraceException(Fault.CONNECT_FAILED, waited + "; " + down.detail(), down));
        } else {
            fail(new MillraceException(
                    Fault.TIMED_OUT, down == null ? waited : waited + "; " + down.detail(), mayHaveHappened, down));
        }
    }

    void fail(MillraceException failure) {
        if (!done) {
            finish();
            onFailure.accept(failure);
        }
    }

    private void finish() {
        done = true;
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
