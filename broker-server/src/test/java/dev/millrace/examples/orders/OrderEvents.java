package dev.millrace.examples.orders;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.client.Event;
import dev.millrace.client.StoredEvent;
import java.io.IOException;

/** Order events as JSON. */
final class OrderEvents {
    private static final ObjectMapper JSON = new ObjectMapper();

    private OrderEvents() {}

    static Event toStore(OrderEvent event) {
        try {
            return Event.of(event.getClass().getSimpleName(), JSON.writeValueAsString(event));
        } catch (IOException e) {
            throw new IllegalStateException("cannot be written: " + event, e);
        }
    }

    static OrderEvent read(StoredEvent stored) {
        Class<? extends OrderEvent> type = switch (stored.type()) {
            case "Placed" -> OrderEvent.Placed.class;
            case "Paid" -> OrderEvent.Paid.class;
            case "Shipped" -> OrderEvent.Shipped.class;
            case "Cancelled" -> OrderEvent.Cancelled.class;
            default -> throw new IllegalStateException(stored + " is of the unknown type " + stored.type());
        };
        try {
            return JSON.readValue(stored.value(), type);
        } catch (IOException e) {
            throw new IllegalStateException(stored + " cannot be read", e);
        }
    }
}
