package dev.millrace.examples.readmodel;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Projection;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.jdbc.ProjectionTables;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/** Keeps a table of what each customer has spent, and builds it anew beside the one that is read. */
public final class ReadModelExample {
    /** The key of an event is the customer, its value the amount. */
    public static Projection start(MillraceClient client, DataSource database) throws SQLException {
        ProjectionTables tables = ProjectionTables.in(database);
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            tables.createTables(connection); // or take tables.ddl() into your migrations
            statement.execute("CREATE TABLE IF NOT EXISTS spent_v1 (customer VARCHAR(100) PRIMARY KEY, cents BIGINT)");
        }
        return client.projections()
                .named("spent")
                .topics("purchases")
                .concurrency(4)
                .start(tables, (connection, event) -> add(connection, "spent_v1", event));
    }

    private static void add(Connection connection, String table, StoredEvent event) throws SQLException {
        // In one transaction with the checkpoint: no event is added twice.
        try (PreparedStatement add =
                connection.prepareStatement("UPDATE " + table + " SET cents = cents + ? WHERE customer = ?")) {
            add.setLong(1, Long.parseLong(event.valueText()));
            add.setString(2, event.keyText());
            if (add.executeUpdate() == 1) return;
        }
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + table + " VALUES (?, ?)")) {
            insert.setString(1, event.keyText());
            insert.setLong(2, Long.parseLong(event.valueText()));
            insert.executeUpdate();
        }
    }

    /** With the mend: refunds count, too. */
    public static Projection rebuild(MillraceClient client, DataSource database) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE spent_v2 (customer VARCHAR(100) PRIMARY KEY, cents BIGINT)");
        }
        Projection fresh = client.projections()
                .named("spent")
                .version(2) // reads from the start while version 1 serves
                .topics("purchases", "refunds")
                .concurrency(4)
                .start(ProjectionTables.in(database), (connection, event) -> add(connection, "spent_v2", event));
        while (!fresh.swap(Duration.ofMinutes(1))) {
            System.out.println("still " + fresh.lag().events() + " events to go");
        }
        return fresh; // version 1 has ended; readers take the table that tables.liveVersion(connection, "spent") names
    }
}
