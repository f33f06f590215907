package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RejectedException;
import dev.millrace.client.Saga;
import dev.millrace.client.Saga.Status;
import dev.millrace.client.UndecodableException;
import dev.millrace.core.record.EventHeaders;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Decides what a message changes in an instance. Knows no broker and no clock.
 *
 * <p>A message that came before changes nothing: an event by its id, which the instance's stream holds; a time-out and a
 * compensation because the instance waits for another one by then.
 */
final class SagaLogic<S> {
    private static final int KEY_BYTES_MAX = 900;
    private static final int STEPS_MAX = 1000;

    private final SagaDefinition<S> saga;

    SagaLogic(SagaDefinition<S> saga) {
        this.saga = saga;
    }

    /** More steps than this are refused, so that an instance can be read at once. */
    static int stepsMax() {
        return STEPS_MAX;
    }

    /** The instances that a message is for: none, one, or two where handlers of its topic see it differently. */
    Set<String> keysOf(ReceivedMessage message) {
        Set<String> keys = new LinkedHashSet<>();
        if (isOwn(message)) {
            keys.add(message.keyText());
        }
        for (SagaDefinition.Route<S> route : saga.routes()) {
            String key = route.topic().equals(message.topic()) ? keyBy(route, message) : null;
            if (key != null) {
                keys.add(key);
            }
        }
        return keys;
    }

    private String keyBy(SagaDefinition.Route<S> route, ReceivedMessage message) {
        String key;
        try {
            key = route.key().apply(message);
        } catch (RuntimeException e) {
            throw new UndecodableException(message, e);
        }
        int bytes = key == null ? 1 : key.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > KEY_BYTES_MAX) {
            throw new RejectedException("the key of an instance of saga " + saga.name() + " has 1 to " + KEY_BYTES_MAX
                    + " bytes; that of " + message + " has " + bytes);
        }
        return key;
    }

    private boolean isOwn(ReceivedMessage message) {
        return message.topic().equals(saga.timeoutTopic()) || message.topic().equals(saga.compensationTopic());
    }

    /** What follows, or null for nothing. Fails: what a handler throws. */
    SagaDecision decide(SagaInstance<S> before, ReceivedMessage message) throws Exception {
        SagaStep<S> step = stepOf(before, message);
        if (message.topic().equals(saga.timeoutTopic())) {
            return onTimeout(step, before, message);
        } else if (message.topic().equals(saga.compensationTopic())) {
            return onCompensation(step, before, message);
        }
        return onEvent(step, before, message);
    }

    private SagaStep<S> stepOf(SagaInstance<S> before, ReceivedMessage message) {
        return new SagaStep<>(saga, before, message.id(), message.header(EventHeaders.CORRELATION));
    }

    private SagaDecision onEvent(SagaStep<S> step, SagaInstance<S> before, ReceivedMessage message) throws Exception {
        if (before.inputs().contains(message.id())) {
            return null;
        }
        Predicate<SagaDefinition.Kind> wanted = wanted(before);
        for (SagaDefinition.Route<S> route : saga.routes()) {
            boolean meant = route.topic().equals(message.topic())
                    && wanted.test(route.kind())
                    && before.key().equals(keyBy(route, message));
            if (meant) {
                requireRoom(before);
                route.handler().handle(step, message);
                return step.decision(message.topic());
            }
        }
        return null;
    }

    private Predicate<SagaDefinition.Kind> wanted(SagaInstance<S> before) {
        if (before.isNew()) {
            return kind -> kind == SagaDefinition.Kind.STARTS;
        }
        return switch (before.progress().status()) {
            case RUNNING -> kind -> kind != SagaDefinition.Kind.FAILED;
            case COMPLETED -> kind -> false;
            case COMPENSATING, PARKED, COMPENSATED -> kind -> kind == SagaDefinition.Kind.FAILED;
        };
    }

    private void requireRoom(SagaInstance<S> before) {
        if (before.version() >= STEPS_MAX - 1) {
            throw new RejectedException("instance " + before.key() + " of saga " + saga.name() + " took " + STEPS_MAX
                    + " steps, which is the most that one may take; it needs an end, or a key that lives shorter");
        }
    }

    private SagaDecision onTimeout(SagaStep<S> step, SagaInstance<S> before, ReceivedMessage message) throws Exception {
        String name = message.header(SagaStep.TIMEOUT_HEADER);
        UUID waiting = name == null ? null : before.progress().timeouts().get(name);
        if (waiting == null || !waiting.toString().equals(message.id())) {
            return null; // cancelled, replaced, or handled before
        }
        requireRoom(before);
        step.timeoutOver(name);
        if (name.equals(SagaStep.AWAIT_TIMEOUT)) {
            step.attemptFailed("no answer in time");
        } else {
            Saga.TimeoutHandler<S> handler = saga.timeouts().get(name);
            if (handler == null) {
                throw new IllegalStateException(step + " waited for the time-out \"" + name
                        + "\", which nobody handles any more; say what it does with onTimeout");
            }
            handler.handle(step);
        }
        return step.decision("timeout " + name);
    }

    private SagaDecision onCompensation(SagaStep<S> step, SagaInstance<S> before, ReceivedMessage message) {
        SagaProgress progress = before.progress();
        boolean parked = progress.status() == Status.PARKED;
        boolean wanted = (parked || progress.status() == Status.COMPENSATING)
                && !progress.awaiting()
                && Integer.toString(progress.current()).equals(message.header(SagaStep.SERIAL_HEADER))
                && Integer.toString(progress.attempt()).equals(message.header(SagaStep.ATTEMPT_HEADER));
        if (!wanted) {
            return null; // done, or tried, before
        }
        String name = step.currentUndo().name();
        if (step.exhausted() && !parked) {
            step.parked();
        } else {
            step = undo(step, before, message);
        }
        return step.decision("compensation " + name);
    }

    /** The step with what was done, or one without it where that failed. */
    private SagaStep<S> undo(SagaStep<S> step, SagaInstance<S> before, ReceivedMessage message) {
        step.tryAgain();
        String name = step.currentUndo().name();
        Saga.Compensator<S> compensator = saga.compensators().get(name);
        String failure;
        try {
            if (compensator == null) {
                throw new IllegalStateException(
                        "nobody undoes it any more; say how with compensation(\"" + name + "\", ..)");
            }
            compensator.compensate(step);
            step.tried();
            return step;
        } catch (Exception e) {
            failure = e.getClass().getName() + ": " + e.getMessage();
        }
        // What it said before it failed never was.
        SagaStep<S> failed = stepOf(before, message);
        failed.tryAgain();
        failed.attemptFailed(failure);
        return failed;
    }

    /** Why an instance that a decision parks is parked; null where it parks none. */
    RejectedException parkedBy(SagaDecision decision) {
        SagaProgress after = decision.after();
        if (after.status() != Status.PARKED || !decision.cause().startsWith("compensation ")) {
            return null;
        }
        String name = decision.cause();
        return new RejectedException(name + " of instance " + decision.key() + " of saga " + saga.name() + " failed "
                + after.attempt() + " times, at last with: " + after.lastFailure());
    }
}
