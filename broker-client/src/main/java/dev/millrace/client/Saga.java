package dev.millrace.client;

import java.time.Duration;
import java.util.function.Function;

/**
 * A process over several services that ends either completed or undone. It listens to events, sends commands, waits with
 * time-outs, and remembers how to undo what it caused. One instance for each key that its events carry.
 *
 * <pre>
 *            startedBy
 *  (none) ──────────────▶ RUNNING ──complete──▶ COMPLETED
 *                            │ fail
 *                            ▼
 *                      COMPENSATING ──nothing left to undo──▶ COMPENSATED
 *                        │      ▲
 *       attempts used up ▼      │ the dead letter is replayed
 *                         PARKED
 * </pre>
 *
 * <p>Each step is one transaction: the instance's new state, the messages it publishes, the time-outs it sets and cancels,
 * and, where it is the next one to commit, the event's offset. So a step happens once, however often its event comes.
 *
 * <p>The saga {@code payment} keeps its instances in the event streams of the topic {@code saga.payment}, its time-outs in
 * {@code saga.payment.timeouts}, what it has to undo in {@code saga.payment.compensations}, and reads all as the group
 * {@code saga.payment}. It makes these topics where they are missing.
 *
 * <p>Handlers decide and say what follows; they are called again where somebody else took a step of the instance meanwhile,
 * so what they do beside the step may happen twice. A handler that throws is tried again, then its event becomes a dead
 * letter of the group.
 *
 * @param <S> an instance's state, as the application sees it
 */
public interface Saga<S> {
    /** Where an instance stands. */
    enum Status {
        RUNNING,
        COMPLETED,
        /** It failed, and what it caused is being undone. */
        COMPENSATING,
        /** Undoing failed too often: a dead letter waits for an operator. */
        PARKED,
        /** It failed, and what it caused is undone. */
        COMPENSATED;

        public boolean ended() {
            return this == COMPLETED || this == COMPENSATED;
        }
    }

    /** Takes a step because of an event. */
    @FunctionalInterface
    interface Handler<S> {
        void handle(Step<S> step, ReceivedMessage event) throws Exception;
    }

    /** Takes a step because nothing else came in time. */
    @FunctionalInterface
    interface TimeoutHandler<S> {
        void handle(Step<S> step) throws Exception;
    }

    /** Undoes something; where it throws, it is tried again later. */
    @FunctionalInterface
    interface Compensator<S> {
        void compensate(Compensation<S> compensation) throws Exception;
    }

    /**
     * An event that may begin an instance; later ones of its key are handed to the running instance. Where the handler does
     * nothing with a new instance, there is none.
     *
     * @param key the instance's key, 1 to 900 bytes; null where the event is not for this saga
     */
    Saga<S> startedBy(String topic, Function<ReceivedMessage, String> key, Handler<S> handler);

    /** As above, by the message's key. */
    default Saga<S> startedBy(String topic, Handler<S> handler) {
        return startedBy(topic, ReceivedMessage::keyText, handler);
    }

    /** An event for running instances; where there is none it is passed over. */
    Saga<S> on(String topic, Function<ReceivedMessage, String> key, Handler<S> handler);

    default Saga<S> on(String topic, Handler<S> handler) {
        return on(topic, ReceivedMessage::keyText, handler);
    }

    /**
     * An event for instances that have failed, in a topic that may have other handlers as well: answers to compensations,
     * and what came too late and has to be undone, too.
     */
    Saga<S> afterFailure(String topic, Function<ReceivedMessage, String> key, Handler<S> handler);

    default Saga<S> afterFailure(String topic, Handler<S> handler) {
        return afterFailure(topic, ReceivedMessage::keyText, handler);
    }

    /** What follows when a time-out of this name is over. */
    Saga<S> onTimeout(String name, TimeoutHandler<S> handler);

    /** How something is undone that a step noted with {@link Step#compensateWith}. */
    Saga<S> compensation(String name, Compensator<S> compensator);

    /**
     * How often a handler or a compensation is tried, and the pause before the second try, which doubles up to a minute.
     * Default 5 times, 200 ms.
     */
    Saga<S> attempts(int attempts, Duration backoff);

    /** So many steps at once, those of one event key still one after the other. Default 1. */
    Saga<S> concurrency(int steps);

    /** Partitions of the saga's own topics, where it makes them. Default 4. */
    Saga<S> partitions(int count);

    /**
     * A lasting name of this process among those that run the saga: one that comes back with it after a crash goes on at
     * once, and fences the one that it replaces. Default a new one each time: then the group waits for the session of the
     * one that died to end.
     */
    Saga<S> instanceId(String instanceId);

    /**
     * Takes part in running the saga.
     *
     * @throws MillraceException INVALID_REQUEST, INVALID_TOPIC; INDEX_DISABLED where the state's topic is another kind
     */
    RunningConsumer start();

    /** What one event changes. Nothing of it happens before the handler returns, and then all of it. */
    interface Step<S> {
        String key();

        /** True where this step begins the instance. */
        boolean isNew();

        Status status();

        /** Null in a new instance. */
        S state();

        Step<S> state(S state);

        /**
         * Publishes a message. It gets the header {@code $id}, the same whenever the same event is handled for this instance,
         * {@code $correlation} and {@code $causation}, unless it has them.
         */
        Step<S> publish(Message message);

        /** Calls the handler of this name after a while, unless cancelled; one of this name that waits is replaced. */
        Step<S> timeout(String name, Duration after);

        /** Nothing happens where none of this name waits. */
        Step<S> cancelTimeout(String name);

        /**
         * Notes how to undo what this step causes. After a failure the latest is undone first. In an instance that has failed
         * already it is undone next.
         */
        Step<S> compensateWith(String compensation, String argument);

        /** Ends the instance, cancels its time-outs and forgets its compensations. */
        void complete();

        /** Begins to undo; cancels the time-outs. */
        void fail(String reason);

        /** This compensation is done: the next one follows. Nothing happens where it does not wait for an answer. */
        void compensated(String compensation);

        /**
         * This compensation failed: it is tried again, or parked. Nothing happens where it does not wait for an answer.
         */
        void compensationFailed(String compensation, String reason);
    }

    /** Undoes one thing. It counts as undone when its handler returns, unless that said {@link #await}. */
    interface Compensation<S> {
        String key();

        S state();

        Compensation<S> state(S state);

        /** What was noted with {@link Step#compensateWith}. */
        String argument();

        /** Why the instance failed. */
        String reason();

        /** 0 at first. */
        int attempt();

        /** As {@link Step#publish}. */
        Compensation<S> publish(Message message);

        /**
         * Waits until a handler says {@link Step#compensated} or {@link Step#compensationFailed}; where none does in time the
         * attempt has failed.
         */
        void await(Duration timeout);
    }
}
