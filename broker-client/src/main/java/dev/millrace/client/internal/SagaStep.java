package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.Saga;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.SagaInstances.Output;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A step that is being decided: the instance as it was, changed by what the handler says, and what goes out. Reads no
 * clock and draws nothing: the same calls on the same instance and input give the same bytes. Thread: one.
 */
final class SagaStep<S> implements Saga.Step<S>, Saga.Compensation<S> {
    static final String TIMEOUT_HEADER = "timeout";
    static final String SERIAL_HEADER = "compensation";
    static final String ATTEMPT_HEADER = "attempt";
    /** Of a compensation that waits for its answer; no time-out of the application's can have this name. */
    static final String AWAIT_TIMEOUT = "$await";

    private static final int TIMEOUTS_MAX = 100;
    private static final int UNDO_MAX = 1000;
    private static final int TEXT_CHARS_MAX = 1024;

    private final SagaDefinition<S> saga;
    private final SagaInstance<S> before;
    private final String inputId;
    private final String correlation;

    private S state;
    private Status status;
    private final Map<String, UUID> timeouts;
    private final List<SagaProgress.Undo> undo;
    private int nextSerial;
    private int current;
    private int attempt;
    private int attemptsEnd;
    private boolean awaiting;
    private String reason;
    private String lastFailure;

    private final List<Message> messages = new ArrayList<>();
    private final List<Output> outputs = new ArrayList<>();
    private final List<String> cancelledTimers = new ArrayList<>();
    private int published;
    private boolean touched;

    /** @param correlation what the input belongs to, or null */
    SagaStep(SagaDefinition<S> saga, SagaInstance<S> before, String inputId, String correlation) {
        this.saga = saga;
        this.before = before;
        this.inputId = inputId;
        this.correlation = correlation == null ? before.key() : correlation;
        SagaProgress was = before.progress();
        this.state = before.state();
        this.status = was.status();
        this.timeouts = new TreeMap<>(was.timeouts());
        this.undo = new ArrayList<>(was.undo());
        this.nextSerial = was.nextSerial();
        this.current = was.current();
        this.attempt = was.attempt();
        this.attemptsEnd = was.attemptsEnd();
        this.awaiting = was.awaiting();
        this.reason = was.reason();
        this.lastFailure = was.lastFailure();
    }

    // ---- what handlers see

    @Override
    public String key() {
        return before.key();
    }

    @Override
    public boolean isNew() {
        return before.isNew();
    }

    @Override
    public Status status() {
        return status;
    }

    @Override
    public S state() {
        return state;
    }

    @Override
    public SagaStep<S> state(S state) {
        this.state = state;
        touched = true;
        return this;
    }

    @Override
    public SagaStep<S> publish(Message message) {
        touched = true;
        UUID id = SagaIds.output(inputId, saga.name(), key(), published++);
        Message out = message;
        if (EventHeaders.find(message.headers(), EventHeaders.ID) == null) {
            RecordHeader header = EventHeaders.id(id);
            out = out.header(header.key(), header.value());
        }
        out = withHeader(out, EventHeaders.CORRELATION, correlation);
        out = withHeader(out, EventHeaders.CAUSATION, inputId);
        messages.add(out);
        outputs.add(new Output(message.topic(), id));
        return this;
    }

    private static Message withHeader(Message message, String name, String value) {
        return EventHeaders.find(message.headers(), name) == null ? message.header(name, value) : message;
    }

    @Override
    public SagaStep<S> timeout(String name, Duration after) {
        requireRunning("set the time-out " + name);
        requireName("time-out", name, saga.timeouts().containsKey(name), "onTimeout");
        setTimeout(name, after);
        return this;
    }

    private void setTimeout(String name, Duration after) {
        if (after.isNegative()) {
            throw new IllegalArgumentException("the time-out " + name + " is over in " + after + "; use 0 or more");
        }
        require(
                timeouts.containsKey(name) || timeouts.size() < TIMEOUTS_MAX,
                "has " + TIMEOUTS_MAX + " time-outs already");
        Message message = Message.to(saga.timeoutTopic())
                .key(key())
                .header(TIMEOUT_HEADER, name)
                .delay(after)
                .timerKey(timerKey(name));
        dropUnsent(name);
        cancelledTimers.remove(timerKey(name));
        publish(message);
        timeouts.put(name, outputs.get(outputs.size() - 1).id());
    }

    private String timerKey(String name) {
        return key() + "/" + name;
    }

    @Override
    public SagaStep<S> cancelTimeout(String name) {
        UUID id = timeouts.remove(name);
        if (id != null) {
            touched = true;
            dropUnsent(name);
            cancelledTimers.add(timerKey(name));
        }
        return this;
    }

    /** One that this very step set need not be sent. */
    private void dropUnsent(String name) {
        for (int i = messages.size() - 1; i >= 0; i--) {
            Message message = messages.get(i);
            boolean isIt = message.topic().equals(saga.timeoutTopic())
                    && timerKey(name).equals(message.later().timerKey());
            if (isIt) {
                messages.remove(i);
                outputs.remove(i);
            }
        }
    }

    private void cancelTimeouts() {
        List.copyOf(timeouts.keySet()).forEach(this::cancelTimeout);
    }

    @Override
    public SagaStep<S> compensateWith(String compensation, String argument) {
        Objects.requireNonNull(argument, "argument");
        requireName("compensation", compensation, saga.compensators().containsKey(compensation), "compensation");
        require(status != Status.COMPLETED, "is completed, so nothing of it will be undone");
        require(undo.size() < UNDO_MAX, "has " + UNDO_MAX + " compensations already");
        touched = true;
        undo.add(new SagaProgress.Undo(nextSerial++, compensation, argument));
        if (status == Status.COMPENSATED) {
            status = Status.COMPENSATING;
            undoNext();
        }
        return this;
    }

    @Override
    public void complete() {
        requireRunning("complete");
        touched = true;
        status = Status.COMPLETED;
        undo.clear();
        cancelTimeouts();
    }

    @Override
    public void fail(String why) {
        requireRunning("fail");
        touched = true;
        status = Status.COMPENSATING;
        reason = cut(why);
        cancelTimeouts();
        undoNext();
    }

    @Override
    public void compensated(String compensation) {
        if (awaits(compensation)) {
            touched = true;
            undone();
        }
    }

    /** Answers may come late, and twice. */
    private boolean awaits(String compensation) {
        return awaiting && currentUndo().name().equals(compensation);
    }

    @Override
    public void compensationFailed(String compensation, String why) {
        if (awaits(compensation)) {
            touched = true;
            attemptFailed(why);
        }
    }

    @Override
    public String argument() {
        return currentUndo().argument();
    }

    @Override
    public String reason() {
        return reason;
    }

    @Override
    public int attempt() {
        return attempt;
    }

    @Override
    public void await(Duration timeout) {
        awaiting = true;
        setTimeout(AWAIT_TIMEOUT, timeout);
    }

    // ---- undoing

    SagaProgress.Undo currentUndo() {
        for (SagaProgress.Undo one : undo) {
            if (one.serial() == current) {
                return one;
            }
        }
        throw new IllegalStateException(this + " undoes nothing now");
    }

    private void undoNext() {
        attempt = 0;
        attemptsEnd = saga.retries().attempts();
        lastFailure = null;
        if (undo.isEmpty()) {
            current = SagaProgress.NONE;
            status = Status.COMPENSATED;
        } else {
            current = undo.get(undo.size() - 1).serial();
            publish(undoMessage());
        }
    }

    private Message undoMessage() {
        return Message.to(saga.compensationTopic())
                .key(key())
                .value(currentUndo().name())
                .header(SERIAL_HEADER, Integer.toString(current))
                .header(ATTEMPT_HEADER, Integer.toString(attempt));
    }

    /** The current one is done. */
    void undone() {
        undo.remove(currentUndo());
        awaiting = false;
        cancelTimeout(AWAIT_TIMEOUT);
        undoNext();
    }

    /** The current one failed. It comes again after a pause, or, for the last time, to be parked. */
    void attemptFailed(String why) {
        attempt++;
        lastFailure = cut(why);
        awaiting = false;
        cancelTimeout(AWAIT_TIMEOUT);
        Message again = undoMessage();
        publish(exhausted() ? again : again.delay(saga.retries().pauseAfter(failuresInARow())));
    }

    /** Since it was begun, or an operator wanted it tried again. */
    private int failuresInARow() {
        return Math.max(1, attempt - attemptsEnd + saga.retries().attempts());
    }

    boolean exhausted() {
        return attempt >= attemptsEnd;
    }

    void parked() {
        touched = true;
        status = Status.PARKED;
    }

    /** The current one is tried; where it was parked, an operator wants that, and it has all its attempts again. */
    void tryAgain() {
        touched = true;
        if (status == Status.PARKED) {
            status = Status.COMPENSATING;
            attemptsEnd = attempt + saga.retries().attempts();
        }
    }

    /** Its compensator returned. */
    void tried() {
        if (!awaiting) {
            undone();
        }
    }

    /** A time-out came: it no longer waits. */
    void timeoutOver(String name) {
        touched = true;
        timeouts.remove(name);
    }

    // ---- the end

    /** Null where the handler did nothing with an instance that was not there. */
    SagaDecision decision(String cause) {
        if (isNew() && !touched) {
            return null;
        }
        SagaProgress after = new SagaProgress(
                status,
                timeouts,
                undo,
                nextSerial,
                current,
                attempt,
                attemptsEnd,
                awaiting,
                reason,
                lastFailure,
                outputs);
        return new SagaDecision(
                key(),
                before.version(),
                cause,
                inputId,
                correlation,
                state == null ? null : saga.states().encode(state),
                after,
                List.copyOf(messages),
                List.copyOf(cancelledTimers));
    }

    private void requireRunning(String what) {
        if (status != Status.RUNNING) {
            throw new IllegalStateException(this + " is " + status + " and cannot " + what);
        }
    }

    private void require(boolean fine, String what) {
        if (!fine) {
            throw new IllegalStateException(this + " " + what);
        }
    }

    private void requireName(String kind, String name, boolean known, String method) {
        if (!known) {
            throw new IllegalArgumentException("saga " + saga.name() + " has no " + kind + " \"" + name
                    + "\"; say what it does with " + method + "(\"" + name + "\", ..) before start");
        }
    }

    private static String cut(String text) {
        String known = text == null ? "" : text;
        return known.length() <= TEXT_CHARS_MAX ? known : known.substring(0, TEXT_CHARS_MAX);
    }

    @Override
    public String toString() {
        return "instance " + key() + " of saga " + saga.name();
    }
}
