package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.jdbc.Inbox;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The inbox with a real database. */
@Timeout(60)
class InboxTest {
    private final JdbcDataSource database = new JdbcDataSource();
    private final Inbox inbox = Inbox.standard();

    @BeforeEach
    void create() throws SQLException {
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            inbox.createTable(connection);
            inbox.createTable(connection);
            statement.execute("CREATE TABLE paid (amount INT)");
        }
    }

    private Connection open() throws SQLException {
        Connection connection = database.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    private static void pay(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO paid VALUES (10)");
        }
    }

    private int paidCount() throws SQLException {
        try (Connection connection = open();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM paid")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Test
    void aMessageThatComesAgainHasNoSecondEffect() throws Exception {
        for (boolean first : List.of(true, false)) {
            try (Connection connection = open()) {
                assertThat(inbox.runOnce(connection, "billing", "m1", () -> pay(connection)))
                        .isEqualTo(first);
                connection.commit();
            }
        }
        assertThat(paidCount()).isEqualTo(1);
    }

    @Test
    void eachGroupHandlesTheMessageOnce() throws Exception {
        try (Connection connection = open()) {
            assertThat(inbox.runOnce(connection, "billing", "m1", () -> pay(connection)))
                    .isTrue();
            assertThat(inbox.runOnce(connection, "shipping", "m1", () -> pay(connection)))
                    .isTrue();
            connection.commit();
        }
        assertThat(paidCount()).isEqualTo(2);
    }

    @Test
    void whatIsRolledBackIsHandledAgain() throws Exception {
        try (Connection connection = open()) {
            assertThatThrownBy(() -> inbox.runOnce(connection, "billing", "m1", () -> {
                        pay(connection);
                        throw new IllegalStateException("no money");
                    }))
                    .hasMessage("no money");
            connection.rollback();
        }
        assertThat(paidCount()).isZero();
        try (Connection connection = open()) {
            assertThat(inbox.runOnce(connection, "billing", "m1", () -> pay(connection)))
                    .isTrue();
            connection.commit();
        }
        assertThat(paidCount()).isEqualTo(1);
    }

    @Test
    void twoThatHandleAMessageAtTheSameTimeHaveOneEffect() throws Exception {
        CountDownLatch inserted = new CountDownLatch(1);
        CountDownLatch secondTries = new CountDownLatch(1);
        CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(() -> {
            try (Connection connection = open()) {
                inserted.await(30, TimeUnit.SECONDS);
                secondTries.countDown();
                boolean ran = inbox.runOnce(connection, "billing", "m1", () -> pay(connection));
                connection.commit();
                return ran;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        try (Connection connection = open()) {
            inbox.runOnce(connection, "billing", "m1", () -> {
                inserted.countDown();
                secondTries.await(30, TimeUnit.SECONDS);
                pay(connection);
            });
            connection.commit();
        }
        assertThat(second.get(30, TimeUnit.SECONDS)).isFalse();
        assertThat(paidCount()).isEqualTo(1);
    }

    @Test
    void aConnectionThatCommitsByItselfIsRefused() throws Exception {
        try (Connection connection = database.getConnection()) {
            assertThatThrownBy(() -> inbox.runOnce(connection, "billing", "m1", () -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("setAutoCommit(false)");
        }
    }

    @Test
    void purgesWhatIsOldAndNothingElse() throws Exception {
        try (Connection connection = open()) {
            inbox.runOnce(connection, "billing", "m1", () -> {});
            connection.commit();
            assertThat(inbox.purge(connection, Duration.ofHours(1))).isZero();
            assertThat(inbox.purge(connection, Duration.ofHours(-1))).isEqualTo(1);
            connection.commit();
        }
    }

    @Test
    void longNamesAndIdsFitAndStayApart() throws Exception {
        String longId = "x".repeat(5000);
        try (Connection connection = open()) {
            assertThat(inbox.runOnce(connection, longId, longId, () -> {})).isTrue();
            assertThat(inbox.runOnce(connection, longId, longId + "y", () -> {}))
                    .isTrue();
            assertThat(inbox.runOnce(connection, longId, longId, () -> {})).isFalse();
        }
    }

    @Test
    void theIdOfAMessageIsItsHeaderElseItsPlace() {
        ReceivedMessage plain = new ReceivedMessage("orders", 3, 17, 0, null, null, List.of());
        assertThat(Inbox.idOf(plain)).isEqualTo("orders/3@17");
        RecordHeader id = new RecordHeader("$id", "o-1".getBytes(StandardCharsets.UTF_8));
        assertThat(Inbox.idOf(new ReceivedMessage("orders", 3, 17, 0, null, null, List.of(id))))
                .isEqualTo("o-1");
    }

    @Test
    void idsThatAreNoTextStayApart() {
        UUID event = new UUID(0x8182838485868788L, 0x9192939495969798L);
        UUID other = new UUID(0xc1c2c3c4c5c6c7c8L, 0xd1d2d3d4d5d6d7d8L);
        RecordHeader version = new RecordHeader(EventHeaders.VERSION, new byte[Long.BYTES]);
        assertThat(Inbox.idOf(with(EventHeaders.id(event), version))).isEqualTo(event.toString());
        assertThat(Inbox.idOf(with(EventHeaders.id(event)))).isEqualTo(event.toString());
        assertThat(Inbox.idOf(with(EventHeaders.id(other)))).isEqualTo(other.toString());
        RecordHeader bytes = new RecordHeader("$id", new byte[] {(byte) 0xc1, 2, 3});
        assertThat(Inbox.idOf(with(bytes))).isEqualTo("hex:c10203");
        RecordHeader text = new RecordHeader("$id", "order-17-paid-01".getBytes(StandardCharsets.UTF_8));
        assertThat(Inbox.idOf(with(text))).isEqualTo("order-17-paid-01");
    }

    private static ReceivedMessage with(RecordHeader... headers) {
        return new ReceivedMessage("orders", 3, 17, 0, null, null, List.of(headers));
    }

    @Test
    void aTableNameThatIsNoNameIsRefused() {
        assertThatThrownBy(() -> Inbox.inTable("inbox; DROP TABLE paid")).isInstanceOf(IllegalArgumentException.class);
    }
}
