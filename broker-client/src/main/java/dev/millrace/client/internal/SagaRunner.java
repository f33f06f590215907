package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RejectedException;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.Transaction;
import dev.millrace.client.Transactions;
import dev.millrace.core.error.Fault;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Takes the steps of a saga: loads the instance, decides, and commits all that follows in one transaction.
 *
 * <pre>
 *   message ─▶ load ─▶ decide ─▶ commit ──▶ done
 *               ▲                  │ somebody else took a step, or the outcome is unknown
 *               └──────────────────┘
 * </pre>
 *
 * The transaction expects the version that was loaded, so of two that decide for one instance one begins again. A broker
 * that cannot be reached is waited for: that is no failure of the message. Thread: the handlers'.
 */
final class SagaRunner<S> {
    private static final System.Logger LOG = System.getLogger("dev.millrace.client");
    private static final long PAUSE_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long PAUSE_MAX_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final SagaDefinition<S> saga;
    private final SagaLogic<S> logic;
    private final EventStreams instances;
    private final Function<String, Transactions> openTransactions;
    /** One for each handler; who works has one. */
    private final BlockingQueue<Transactions> idle = new LinkedBlockingQueue<>();

    /** @param transactionalIds one for each handler */
    SagaRunner(
            SagaDefinition<S> saga,
            EventStreams instances,
            Function<String, Transactions> openTransactions,
            List<String> transactionalIds) {
        this.saga = saga;
        this.logic = new SagaLogic<>(saga);
        this.instances = instances;
        this.openTransactions = openTransactions;
        transactionalIds.forEach(id -> idle.add(openTransactions.apply(id)));
    }

    void handle(ReceivedMessage message, Delivery delivery) throws Exception {
        Iterator<String> keys = logic.keysOf(message).iterator();
        while (keys.hasNext()) {
            takeStep(keys.next(), message, delivery, !keys.hasNext());
        }
    }

    /** @param last whether the message is finished after this step */
    private void takeStep(String key, ReceivedMessage message, Delivery delivery, boolean last) throws Exception {
        Backoff backoff = new Backoff(PAUSE_MIN_NANOS, PAUSE_MAX_NANOS, new SplittableRandom());
        SagaDecision decision = null;
        boolean done = false;
        while (!done) {
            SagaInstance<S> before = load(key, backoff, delivery);
            // Beside the calls of the broker: what a handler throws is a failure of the message.
            decision = logic.decide(before, message);
            done = decision == null || commit(decision, last ? message : null, backoff, delivery);
        }
        RejectedException parked = decision == null ? null : logic.parkedBy(decision);
        if (parked != null) {
            throw parked;
        }
    }

    private SagaInstance<S> load(String key, Backoff backoff, Delivery delivery) throws InterruptedException {
        while (true) {
            try {
                List<StoredEvent> events = new ArrayList<>(instances.read(key).events());
                return events.isEmpty() ? SagaInstance.none(key) : SagaInstance.of(key, events, saga.states());
            } catch (MillraceException e) {
                if (e.fault() == Fault.STREAM_NOT_FOUND) {
                    return SagaInstance.none(key);
                }
                waitAfter(e, backoff, delivery);
            }
        }
    }

    /** False where it has to be decided anew. */
    private boolean commit(SagaDecision decision, ReceivedMessage finished, Backoff backoff, Delivery delivery)
            throws InterruptedException {
        Transactions transactions = idle.take();
        try (Transaction transaction = transactions.begin()) {
            addTo(transaction, decision);
            if (finished != null) {
                delivery.commitIn(transaction, finished);
            }
            transaction.commit();
            return true;
        } catch (MillraceException e) {
            if (e.fault() == Fault.UNKNOWN_PRODUCER) {
                // It was idle for longer than the broker remembers ids.
                transactions = openTransactions.apply(transactions.transactionalId());
            } else if (e.fault() != Fault.WRONG_EXPECTED_VERSION) {
                waitAfter(e, backoff, delivery);
            }
            return false;
        } finally {
            idle.add(transactions);
        }
    }

    private void addTo(Transaction transaction, SagaDecision decision) {
        Event event = Event.of(decision.cause(), decision.state())
                // Not made of the input: where it was handled already, the version must refuse this as a whole.
                .header(SagaProgress.HEADER, decision.after().encode())
                .header("status", decision.after().status().name())
                .correlation(decision.correlation())
                .causation(decision.inputId());
        transaction.append(saga.stateTopic(), decision.key(), Expected.version(decision.version()), event);
        decision.cancelledTimers().forEach(timer -> transaction.cancelTimer(saga.timeoutTopic(), timer));
        decision.messages().forEach(transaction::publish);
    }

    /** Returns where the call is to be tried again, after a pause. */
    private void waitAfter(MillraceException e, Backoff backoff, Delivery delivery) throws InterruptedException {
        boolean passes = e.retriable() || e.outcomeUnknown() || e.fault() == Fault.TRANSACTION_ENDED;
        if (!passes) {
            throw e;
        }
        if (delivery.isStopping()) {
            throw new MillraceException(
                    Fault.CLIENT_CLOSED,
                    "saga " + saga.name() + " was closed while the broker could"
                            + " not be reached; the step is taken when it starts again");
        }
        LOG.log(System.Logger.Level.DEBUG, "saga.waits saga={0} cause={1}", saga.name(), e.detail());
        delivery.pause(backoff.nextNanos());
    }

    /** When no handler works any more. */
    void close() {
        idle.forEach(Transactions::close);
    }
}
