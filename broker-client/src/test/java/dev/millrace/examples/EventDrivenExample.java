package dev.millrace.examples;

import dev.millrace.client.Codec;
import dev.millrace.client.Event;
import dev.millrace.client.EventFilter;
import dev.millrace.client.EventStreams;
import dev.millrace.client.EventStreams.Slice;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Projection;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.jdbc.ProjectionTables;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;

/** The README's three patterns on one topic of events. */
public final class EventDrivenExample {
    /** Event sourcing: decide from what happened, and append only if nobody was faster. */
    public static boolean pay(EventStreams orders, String order) {
        while (true) {
            Slice history = orders.read(order);
            boolean open =
                    history.events().stream().noneMatch(event -> event.type().equals("OrderPaid"));
            if (!open) return false;
            Expected unchanged = Expected.version(history.lastVersion());
            if (orders.tryAppend(order, unchanged, Event.of("OrderPaid", "12")).written()) return true;
        }
    }

    /** A read model: a table of turnover, each payment once, with how far it is in the same transaction. */
    public static Projection turnover(MillraceClient client, String orders, DataSource database) {
        return client.projections()
                .named("turnover")
                .topics(orders)
                .filter(EventFilter.ofTypes("OrderPaid"))
                .start(ProjectionTables.in(database), (sql, event) -> add(sql, event));
    }

    private static void add(Connection sql, StoredEvent paid) throws SQLException {
        try (PreparedStatement add = sql.prepareStatement("UPDATE turnover SET total = total + ?")) {
            add.setInt(1, Integer.parseInt(paid.valueText()));
            add.executeUpdate();
        }
    }

    /** A saga: what is paid is shipped within a day, or the money goes back. */
    public static RunningConsumer shipping(MillraceClient client, String orders) {
        return client.saga("shipping", Codec.string())
                .startedBy(orders, (step, event) -> {
                    if (!"OrderPaid".equals(event.header("$type"))) return;
                    step.state("shipping")
                            .publish(Message.to("parcels").key(step.key()).value("ship"));
                    step.compensateWith("refund", event.valueText()).timeout("shipped", Duration.ofDays(1));
                })
                .on("shipped", (step, event) -> step.state("done").complete())
                .on("lost", (step, event) -> step.fail("the parcel was lost"))
                .onTimeout("shipped", step -> step.fail("not shipped in a day"))
                .compensation(
                        "refund",
                        refund -> refund.publish(
                                Message.to("refunds").key(refund.key()).value(refund.argument())))
                .start();
    }
}
