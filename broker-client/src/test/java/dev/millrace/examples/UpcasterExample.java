package dev.millrace.examples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.client.schema.Upcasters;
import java.util.List;

/** Brings events of older versions up to date. */
public final class UpcasterExample {
    public static Upcasters<JsonNode> orders() {
        return Upcasters.<JsonNode>builder()
                // "sum" became "total"
                .step("OrderPlaced", 1, event -> {
                    ObjectNode data = event.data().deepCopy();
                    data.set("total", data.remove("sum"));
                    return event.next(data);
                })
                // one event too many became two
                .split(
                        "OrderPaidAndShipped",
                        1,
                        event -> List.of(
                                event.as("OrderPaid", 1, event.data()), event.as("OrderShipped", 1, event.data())))
                .drop("OrderPinged", 1)
                .unknownNewer(Upcasters.UnknownNewer.FAIL)
                .build();
    }
}
