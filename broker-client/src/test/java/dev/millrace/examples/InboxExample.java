package dev.millrace.examples;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.jdbc.Inbox;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;

/** Books each payment once, however often its message comes. */
public final class InboxExample {
    public static RunningConsumer run(MillraceClient client, DataSource database, String topic) throws SQLException {
        Inbox inbox = Inbox.standard();
        try (Connection connection = database.getConnection()) {
            inbox.createTable(connection); // or take inbox.ddl() into your migrations
        }
        return client.group("billing").topics(topic).start(inbox.handler(database, "billing", (connection, message) -> {
            // In one transaction with the note that the message was handled.
            try (PreparedStatement book =
                    connection.prepareStatement("UPDATE account SET paid = paid + ? WHERE id = ?")) {
                book.setInt(1, Integer.parseInt(message.valueText()));
                book.setString(2, message.keyText());
                book.executeUpdate();
            }
        }));
    }
}
