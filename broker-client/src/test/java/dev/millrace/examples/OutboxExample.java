package dev.millrace.examples;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.jdbc.OutboxRelay;
import dev.millrace.client.jdbc.OutboxTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;

/** Changes an order and announces it in one transaction; a relay publishes the announcement. */
public final class OutboxExample {
    public static void placeOrder(DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO orders (id, total) VALUES (17, 12)");
            statement.execute("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload)"
                    + " VALUES ('e-1', 'placed-orders', 'order-17', 'OrderPlaced', '{\"total\":12}')");
            connection.commit(); // both, or neither
        }
    }

    public static OutboxRelay startRelay(MillraceClient client, DataSource database) {
        // The broker remembers ids for so long: a relay that is restarted publishes nothing twice.
        client.admin().createTopic("placed-orders", 4, Map.of("publish.idWindow", "7d"));
        return OutboxRelay.of(client, database).table(OutboxTable.standard()).start();
    }
}
