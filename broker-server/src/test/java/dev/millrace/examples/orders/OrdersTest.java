package dev.millrace.examples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Position;
import dev.millrace.examples.orders.OrderCommand.Cancel;
import dev.millrace.examples.orders.OrderCommand.Pay;
import dev.millrace.examples.orders.OrderCommand.Place;
import dev.millrace.examples.orders.OrderCommand.Ship;
import dev.millrace.examples.orders.OrderEvent.Paid;
import dev.millrace.examples.orders.OrderEvent.Placed;
import dev.millrace.server.testing.MillraceExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The order system of docs/patterns/event-sourcing.md. */
@Timeout(120)
class OrdersTest {
    @RegisterExtension
    private final MillraceExtension millrace = new MillraceExtension();

    private final JdbcDataSource database = new JdbcDataSource();

    @BeforeEach
    void create(MillraceClient client) {
        client.admin().createTopic(Orders.TOPIC, 4, Map.of("stream.index", "key"));
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    }

    @Test
    void decidesWithoutABroker() {
        Order placed = Order.INITIAL.evolve(new Placed("Ada", 1200));
        assertThat(placed.decide(new Pay(1200))).containsExactly(new Paid(1200));
        assertThat(placed.evolve(new Paid(1200)).status()).isEqualTo(Order.Status.PAID);
        assertThatThrownBy(() -> placed.decide(new Ship("p-1")))
                .isInstanceOf(Order.Refused.class)
                .hasMessageContaining("the order is PLACED, due are 1200 cents");
    }

    @Test
    void whatACommandDidIsSeenByTheNextQuery(MillraceClient client) throws Exception {
        Orders orders = new Orders(client);
        try (OrderBook book = new OrderBook(client, database)) {
            Position placed = orders.handle("o-1", new Place("Ada", 1200));
            assertThat(book.openOrdersOf("Ada", placed)).containsExactly("o-1");
            orders.handle("o-2", new Place("Ada", 500));
            orders.handle("o-1", new Pay(1200));
            Position shipped = orders.handle("o-1", new Ship("p-1"));
            Position second = orders.handle("o-2", new Pay(200));
            book.openOrdersOf("Ada", second);
            assertThat(book.openOrdersOf("Ada", shipped)).containsExactly("o-2");
            assertThat(book.dueCents()).isEqualTo(300);
            Position cancelled = orders.handle("o-2", new Cancel("changed her mind"));
            assertThat(orders.handle("o-2", new Cancel("again"))).isEqualTo(cancelled);
            assertThat(book.openOrdersOf("Ada", cancelled)).isEmpty();
        }
    }

    @Test
    void anOrderIsPaidOnceThoughManyTryAtTheSameTime(MillraceClient client) throws Exception {
        Orders orders = new Orders(client);
        orders.handle("o-1", new Place("Ada", 1200));
        AtomicInteger refused = new AtomicInteger();
        List<CompletableFuture<Void>> payers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            payers.add(CompletableFuture.runAsync(() -> {
                try {
                    orders.handle("o-1", new Pay(1200));
                } catch (Order.Refused e) {
                    refused.incrementAndGet();
                }
            }));
        }
        CompletableFuture.allOf(payers.toArray(CompletableFuture[]::new)).get();
        assertThat(refused).hasValue(7);
        assertThat(client.streams(Orders.TOPIC).read("o-1").lastVersion()).isEqualTo(1);
        try (OrderBook book = new OrderBook(client, database)) {
            assertThat(book.openOrdersOf("Ada", orders.handle("o-1", new Ship("p-1"))))
                    .isEmpty();
            assertThat(book.dueCents()).isZero();
        }
    }
}
