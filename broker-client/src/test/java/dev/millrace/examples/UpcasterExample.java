package dev.millrace.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.schema.Upcasters;
import java.util.List;

/** Brings events of older versions up to date. */
public final class UpcasterExample {
    public static Upcasters<JsonNode> orders() {
        return Upcasters.<JsonNode>builder()
                .step(
                        "OrderPlaced",
                        1,
                        event -> { // "sum" became "total"
                            ObjectNode data = event.data().deepCopy();
                            data.set("total", data.remove("sum"));
                            return event.next(data);
                        })
                .split(
                        "OrderPaidAndShipped",
                        1,
                        event -> List.of( // one event too many became two
                                event.as("OrderPaid", 1, event.data()), event.as("OrderShipped", 1, event.data())))
                .drop("OrderPinged", 1)
                .unknownNewer(Upcasters.UnknownNewer.FAIL)
                .build();
    }
}
