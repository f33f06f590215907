package dev.millrace.examples;

import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MessageContext;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.Trace;
import java.util.List;
import java.util.Map;

/** An order and the invoice that follows from it. */
public final class TracingExample {
    /** Topics that can be traced, and an order that belongs to a process. */
    public static void place(MillraceClient client, String process) {
        client.admin().createTopic("shop-orders", 4, Map.of("stream.index", "key", "correlation.index", "on"));
        client.admin().createTopic("shop-invoices", 4, Map.of("correlation.index", "on"));
        Event placed = Event.of("OrderPlaced", "12").correlation(process);
        client.streams("shop-orders").append("o-1", Expected.none(), placed);
    }

    public static RunningConsumer startBilling(MillraceClient client, Producer producer) {
        return client.group("shop-billing")
                .topics("shop-orders")
                .startFrom(StartFrom.earliest())
                // The invoice gets the order's correlation and trace, and names the order as its cause.
                .start(order -> {
                    String total = order.valueText();
                    producer.publish(Message.to("shop-invoices").key("o-1").value(total));
                });
    }

    /** Where you take messages yourself, or hand work to another thread. */
    public static void byHand(Producer producer, List<ReceivedMessage> messages) throws Exception {
        for (ReceivedMessage message : messages) {
            MessageContext.run(
                    message, () -> producer.publish(Message.to("shop-invoices").value("by hand")));
        }
    }

    public static List<String> trace(MillraceClient client, String id) {
        Trace trace = client.admin().trace(id, 1000);
        return trace.nodes().stream()
                .map(node -> "  ".repeat(node.depth()) + node.message().position())
                .toList();
    }
}
