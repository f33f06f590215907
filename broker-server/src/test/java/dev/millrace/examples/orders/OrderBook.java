package dev.millrace.examples.orders;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.jdbc.ProjectionTables;
import dev.millrace.examples.orders.OrderEvent.Paid;
import dev.millrace.examples.orders.OrderEvent.Placed;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The read model: a table of orders to look things up in, kept up to date by a projection. */
public final class OrderBook implements AutoCloseable {
    private static final String TABLE = "CREATE TABLE IF NOT EXISTS order_book"
            + " (id VARCHAR(100) PRIMARY KEY, customer VARCHAR(100), due_cents INT, status VARCHAR(20))";

    private final DataSource database;
    private final Projection projection;

    public OrderBook(MillraceClient client, DataSource database) throws SQLException {
        this.database = database;
        ProjectionTables tables = ProjectionTables.in(database);
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            tables.createTables(connection);
            statement.execute(TABLE);
        }
        this.projection = client.projections()
                .named("order-book")
                .topics(Orders.TOPIC)
                .concurrency(4)
                .start(tables, OrderBook::apply);
    }

    /** In one transaction with the checkpoint: adding and subtracting is safe, for no event comes twice. */
    private static void apply(Connection connection, StoredEvent stored) throws SQLException {
        OrderEvent event = OrderEvents.read(stored);
        String id = stored.keyText();
        if (event instanceof Placed placed) {
            update(
                    connection,
                    "INSERT INTO order_book VALUES (?, ?, ?, 'open')",
                    id,
                    placed.customer(),
                    placed.cents());
        } else if (event instanceof Paid paid) {
            update(connection, "UPDATE order_book SET due_cents = due_cents - ? WHERE id = ?", paid.cents(), id);
        } else {
            String status = stored.type().toLowerCase();
            update(connection, "UPDATE order_book SET status = ? WHERE id = ?", status, id);
        }
    }

    private static void update(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.executeUpdate();
        }
    }

    /** Open orders of a customer, with what the command at the position did. */
    public List<String> openOrdersOf(String customer, Position atLeast) throws SQLException {
        if (!projection.await(atLeast, Duration.ofSeconds(30))) {
            throw new IllegalStateException(
                    "the order book is " + projection.lag().events() + " events behind");
        }
        String sql = "SELECT id FROM order_book WHERE customer = ? AND status = 'open' ORDER BY id";
        List<String> ids = new ArrayList<>();
        try (Connection connection = database.getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, customer);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
            }
        }
        return ids;
    }

    /** What is still to be paid, of all open orders. */
    public long dueCents() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT COALESCE(SUM(due_cents), 0) FROM order_book WHERE status = 'open'")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Override
    public void close() {
        projection.close();
    }
}
