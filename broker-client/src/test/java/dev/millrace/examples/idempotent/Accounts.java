package dev.millrace.examples.idempotent;

import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.jdbc.Inbox;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/** Keeps the balance of each account in a SQL database; a payment that comes twice counts once. */
public final class Accounts {
    private static final String GROUP = "accounts";

    private final DataSource database;
    private final Inbox inbox = Inbox.standard();

    public Accounts(DataSource database) {
        this.database = database;
    }

    public void createTables() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS account (id VARCHAR(40) PRIMARY KEY, balance INT NOT NULL)");
            inbox.createTable(connection);
        }
    }

    public RunningConsumer start(MillraceClient client, String topic) {
        return client.group(GROUP)
                .topics(topic)
                .concurrency(4)
                .onFailure(FailurePolicy.retryThenDeadLetter(5, Duration.ofMillis(50)))
                .start(inbox.handler(database, GROUP, Accounts::book));
    }

    /** In one transaction with the note that the payment was booked. */
    private static void book(Connection connection, ReceivedMessage payment) throws SQLException {
        int amount = Integer.parseInt(payment.valueText());
        try (PreparedStatement add =
                connection.prepareStatement("UPDATE account SET balance = balance + ? WHERE id = ?")) {
            add.setInt(1, amount);
            add.setString(2, payment.keyText());
            if (add.executeUpdate() == 0) {
                open(connection, payment.keyText(), amount);
            }
        }
    }

    private static void open(Connection connection, String account, int balance) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO account VALUES (?, ?)")) {
            insert.setString(1, account);
            insert.setInt(2, balance);
            insert.executeUpdate();
        }
    }

    /** Forgets payments that cannot come again: those older than the topic keeps them. */
    public int purge(Duration retention) throws SQLException {
        try (Connection connection = database.getConnection()) {
            return inbox.purge(connection, retention);
        }
    }
}
