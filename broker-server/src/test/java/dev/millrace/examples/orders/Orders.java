package dev.millrace.examples.orders;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Position;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import java.util.List;

/** Carries out commands: folds the order's events, decides, and appends only if nobody else did meanwhile. */
public final class Orders {
    static final String TOPIC = "orders";
    private static final int TRIES_MAX = 10;

    private final EventStreams streams;

    public Orders(MillraceClient client) {
        this.streams = client.streams(TOPIC);
    }

    /** Returns where the order's last event stands, to wait for in a read model. Fails: {@link Order.Refused}. */
    public Position handle(String orderId, OrderCommand command) {
        for (int i = 0; i < TRIES_MAX; i++) {
            List<StoredEvent> history = history(orderId);
            Order order = Order.INITIAL;
            for (StoredEvent event : history) {
                order = order.evolve(OrderEvents.read(event));
            }
            List<OrderEvent> decided = order.decide(command);
            if (decided.isEmpty()) {
                return Position.of(history.get(history.size() - 1));
            }
            AppendResult result = streams.tryAppend(
                    orderId,
                    Expected.version(lastVersion(history)),
                    decided.stream().map(OrderEvents::toStore).toArray(Event[]::new));
            if (result.written()) {
                return Position.of(TOPIC, result);
            } // somebody was faster: look again, the decision may be another one now
        }
        throw new IllegalStateException("order " + orderId + " is too busy: tried " + TRIES_MAX + " times");
    }

    /** -1 says that there must be none. */
    private static long lastVersion(List<StoredEvent> history) {
        return history.isEmpty() ? -1 : history.get(history.size() - 1).version();
    }

    private List<StoredEvent> history(String orderId) {
        try {
            return streams.read(orderId).events();
        } catch (MillraceException e) {
            if (e.fault() == Fault.STREAM_NOT_FOUND) {
                return List.of();
            }
            throw e;
        }
    }
}
