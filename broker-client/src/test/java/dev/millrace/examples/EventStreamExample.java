package dev.millrace.examples;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StoredEvent;

/** Decides from an order's events, and appends only if no one else did meanwhile. */
public final class EventStreamExample {
    public static long run(String server, String topic) {
        try (MillraceClient client = MillraceClient.connect(server)) {
            EventStreams orders = client.streams(topic);
            orders.append("order-17", Expected.none(), Event.of("OrderPlaced", "{\"total\":12}"));
            while (true) {
                EventStreams.Slice history = orders.read("order-17");
                boolean paid = history.events().stream().map(StoredEvent::type).anyMatch("OrderPaid"::equals);
                if (paid) return history.lastVersion();
                AppendResult result = orders.tryAppend(
                        "order-17", Expected.version(history.lastVersion()), Event.of("OrderPaid", "{\"paid\":12}"));
                if (result.written()) return result.lastVersion();
            }
        }
    }
}
