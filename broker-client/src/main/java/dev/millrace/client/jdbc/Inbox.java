package dev.millrace.client.jdbc;

import dev.millrace.client.MessageHandler;
import dev.millrace.client.ReceivedMessage;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import javax.sql.DataSource;

/**
 * Remembers in the business database which messages were handled, in the same transaction as what they caused: a message
 * that comes again, after a crash or a rebalance, has no second effect.
 *
 * <pre>{@code
 * Inbox inbox = Inbox.standard();
 * client.group("billing").topics("orders").start(inbox.handler(dataSource, "billing", (connection, message) -> {
 *     // SQL with this connection; committed together with the message's id
 * }));
 * }</pre>
 *
 * <p>Portable SQL: tested with H2, and written for PostgreSQL, MySQL and SQLite, too. Thread: any.
 */
public final class Inbox {
    private static final String STANDARD_TABLE = "millrace_inbox";
    private static final int NAME_CHARS_MAX = 255;

    private final String table;

    private Inbox(String table) {
        this.table = SqlNames.require("inbox table", table);
    }

    /** With the table {@code millrace_inbox}. */
    public static Inbox standard() {
        return new Inbox(STANDARD_TABLE);
    }

    /** With a table of this name, that may have a schema in front. */
    public static Inbox inTable(String name) {
        return new Inbox(name);
    }

    /** What is done once. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }

    /** What is done once for each message. */
    @FunctionalInterface
    public interface MessageWork {
        void run(Connection connection, ReceivedMessage message) throws Exception;
    }

    /** The table's definition, for a migration script. */
    public String ddl() {
        return "CREATE TABLE " + table + " (\n"
                + "  consumer_group VARCHAR(255) NOT NULL,\n"
                + "  message_id VARCHAR(255) NOT NULL,\n"
                + "  handled_at_ms BIGINT NOT NULL,\n"
                + "  PRIMARY KEY (consumer_group, message_id)\n"
                + ")";
    }

    /** Creates the table where it is missing. */
    public void createTable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(ddl().replaceFirst("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"));
        }
    }

    /**
     * Does the work unless the group has handled the message before, in the connection's transaction; the caller commits.
     *
     * <p>Two that try the same message at the same time: the second waits until the first has ended its transaction.
     * Fails: what the work throws; the caller then rolls back, and the message counts as not handled.
     *
     * @param connection without auto-commit
     * @param messageId see {@link #idOf}
     * @return false where the message was handled before and nothing was done
     */
    public boolean runOnce(Connection connection, String group, String messageId, Work work) throws Exception {
        if (connection.getAutoCommit()) {
            throw new IllegalStateException(
                    "the connection commits by itself, so the effect of a message and the note that"
                            + " it was handled could come apart: call setAutoCommit(false) before");
        }
        if (!insert(connection, fit(group), fit(messageId))) {
            return false;
        }
        work.run();
        return true;
    }

    /** A statement that fails must not end the transaction, as it does with PostgreSQL: hence the savepoint. */
    private boolean insert(Connection connection, String group, String messageId) throws SQLException {
        // Most often it is new; but where it is not, asking first keeps the database's log free of errors.
        if (exists(connection, group, messageId)) {
            return false;
        }
        Savepoint before = connection.setSavepoint();
        String sql = "INSERT INTO " + table + " (consumer_group, message_id, handled_at_ms) VALUES (?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            insert.setString(1, group);
            insert.setString(2, messageId);
            insert.setLong(3, System.currentTimeMillis());
            insert.executeUpdate();
            return true;
        } catch (SQLException e) {
            connection.rollback(before);
            if (exists(connection, group, messageId)) {
                return false;
            }
            throw e;
        }
    }

    private boolean exists(Connection connection, String group, String messageId) throws SQLException {
        String sql = "SELECT 1 FROM " + table + " WHERE consumer_group = ? AND message_id = ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, group);
            query.setString(2, messageId);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    /**
     * A handler that does the work for each message once: it takes a connection, does the work with it and commits; where
     * the work throws it rolls back, and the group's failure policy decides what follows.
     */
    public MessageHandler handler(DataSource dataSource, String group, MessageWork work) {
        return message -> {
            try (Connection connection = dataSource.getConnection()) {
                connection.setAutoCommit(false);
                try {
                    runOnce(connection, group, idOf(message), () -> work.run(connection, message));
                    connection.commit();
                } catch (Throwable failed) {
                    rollBack(connection, failed);
                    throw failed;
                }
            }
        };
    }

    private static void rollBack(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * Forgets messages that were handled longer ago; returns how many. Keep them longer than a message can come again: than
     * the topic's retention, if offsets may be reset.
     */
    public int purge(Connection connection, Duration age) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM " + table + " WHERE handled_at_ms < ?")) {
            delete.setLong(1, System.currentTimeMillis() - age.toMillis());
            return delete.executeUpdate();
        }
    }

    /** {@link ReceivedMessage#id}: its header {@code $id} where it has one, else its place. */
    public static String idOf(ReceivedMessage message) {
        return message.id();
    }

    /** The column's width is what MySQL allows in a key; longer names are stored as their hash. */
    private static String fit(String name) {
        if (name.length() <= NAME_CHARS_MAX) {
            return name;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
