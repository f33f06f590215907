package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.client.Consumer;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.jdbc.OutboxRelay;
import dev.millrace.client.jdbc.OutboxTable;
import dev.millrace.core.error.Fault;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The outbox relay between a real database and a real broker, and what it relies on: publishing by id. */
@Timeout(120)
class OutboxRelayTest {
    private static final OutboxTable TABLE = OutboxTable.standard().orderedBy("seq");

    @TempDir
    private Path directory;

    private final JdbcDataSource database = new JdbcDataSource();
    private EmbeddedMillrace millrace;
    private MillraceClient client;
    private int rowCount;

    @BeforeEach
    void open() throws SQLException {
        millrace = EmbeddedMillrace.start(directory);
        client = MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
        client.admin().createTopic("orders", 2, Map.of("publish.idWindow", "1d"));
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        execute(
                "CREATE TABLE outbox (id UUID PRIMARY KEY, seq INT, aggregatetype VARCHAR(255), aggregateid VARCHAR(255),"
                        + " type VARCHAR(255), payload VARCHAR(4000), published_at BIGINT)");
    }

    @AfterEach
    void close() {
        client.close();
        millrace.close();
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void write(String topic, String key, String payload) throws SQLException {
        try (Connection connection = database.getConnection();
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO outbox (id, seq, aggregatetype, aggregateid, type, payload) VALUES (?,?,?,?,?,?)")) {
            insert.setObject(1, new UUID(7, rowCount));
            insert.setInt(2, rowCount++);
            insert.setString(3, topic);
            insert.setString(4, key);
            insert.setString(5, "Paid");
            insert.setString(6, payload);
            insert.executeUpdate();
        }
    }

    private int rows(String where) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT COUNT(*) FROM outbox " + where)) {
            found.next();
            return found.getInt(1);
        }
    }

    private List<ReceivedMessage> readAll() {
        long count = client.admin().describeTopic("orders").messages();
        List<ReceivedMessage> read = new ArrayList<>();
        try (Consumer consumer =
                client.consumer().topics("orders").from(StartFrom.earliest()).open()) {
            while (read.size() < count) {
                read.addAll(consumer.poll(Duration.ofSeconds(30)));
            }
        }
        return read;
    }

    private OutboxRelay relay(OutboxTable table) {
        return OutboxRelay.of(client, database).table(table).build();
    }

    @Test
    void publishesRowsInOrderAndDeletesThem() throws SQLException {
        for (int i = 0; i < 50; i++) {
            write("orders", "k" + i % 3, "v" + i);
        }
        try (OutboxRelay relay = relay(TABLE)) {
            assertThat(relay.runOnce()).isEqualTo(50);
            assertThat(relay.runOnce()).isZero();
            for (int i = 50; i < 100; i++) {
                write("orders", "k" + i % 3, "v" + i);
            }
            assertThat(relay.runOnce()).isEqualTo(50);
        }
        assertThat(rows("")).isZero();
        List<ReceivedMessage> read = readAll();
        for (int key = 0; key < 3; key++) {
            String wanted = "k" + key;
            int first = key;
            assertThat(read)
                    .filteredOn(m -> m.keyText().equals(wanted))
                    .extracting(ReceivedMessage::valueText)
                    .containsExactlyElementsOf(IntStream.range(0, 100)
                            .filter(i -> i % 3 == first)
                            .mapToObj(i -> "v" + i)
                            .toList());
        }
        assertThat(read).allSatisfy(m -> assertThat(m.header("type")).isEqualTo("Paid"));
        assertThat(read).extracting(m -> m.header("$id")).doesNotHaveDuplicates();
    }

    @Test
    void aRelayThatEndedBeforeItDeletedMakesNoDuplicates() throws SQLException {
        for (int i = 0; i < 20; i++) {
            write("orders", "k", "v" + i);
        }
        try (OutboxRelay marking = relay(TABLE.marking("published_at"))) {
            assertThat(marking.runOnce()).isEqualTo(20);
        }
        assertThat(rows("WHERE published_at IS NULL")).isZero();
        // As if it had ended before the mark was written, and five more rows had come.
        execute("UPDATE outbox SET published_at = NULL");
        for (int i = 20; i < 25; i++) {
            write("orders", "k", "v" + i);
        }
        millrace.restart();
        try (OutboxRelay again = relay(TABLE)) {
            assertThat(again.runOnce()).isEqualTo(25);
        }
        assertThat(readAll())
                .extracting(ReceivedMessage::valueText)
                .containsExactlyElementsOf(
                        IntStream.range(0, 25).mapToObj(i -> "v" + i).toList());
    }

    @Test
    void aRowThatBecomesVisibleLateIsNotSkipped() throws SQLException {
        try (OutboxRelay relay = relay(TABLE)) {
            write("orders", "k", "first");
            try (Connection late = database.getConnection();
                    Statement statement = late.createStatement()) {
                late.setAutoCommit(false);
                statement.execute("INSERT INTO outbox (id, seq, aggregatetype, aggregateid, payload)"
                        + " VALUES (RANDOM_UUID(), -5, 'orders', 'k', 'late')");
                assertThat(relay.runOnce()).isEqualTo(1);
                late.commit();
            }
            assertThat(relay.runOnce()).isEqualTo(1);
        }
        assertThat(readAll()).extracting(ReceivedMessage::valueText).containsExactly("first", "late");
    }

    @Test
    void aRowThatCannotBePublishedStopsTheRelayAndIsNamed() throws SQLException {
        write("orders", "k", "fine");
        write("nowhere", "k", "x");
        write("orders", "k", "waits");
        try (OutboxRelay relay = relay(TABLE)) {
            assertThatThrownBy(relay::runOnce)
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.fault()).isEqualTo(Fault.TOPIC_NOT_FOUND))
                    .hasMessageContaining("outbox row 00000000-0000-0007-0000-000000000001 cannot be published");
        }
        assertThat(rows("")).isEqualTo(2);
        assertThat(readAll()).extracting(ReceivedMessage::valueText).containsExactly("fine");
    }

    @Test
    void aTopicInWhichRowsCouldBeTwiceIsRefused() throws SQLException {
        client.admin().createTopic("plain", 1);
        write("plain", "k", "v");
        try (OutboxRelay relay = relay(TABLE)) {
            assertThatThrownBy(relay::runOnce).hasMessageContaining("--set publish.idWindow=7d");
        }
        try (OutboxRelay relay = OutboxRelay.of(client, database)
                .table(TABLE)
                .requireIdWindow(false)
                .build()) {
            assertThat(relay.runOnce()).isEqualTo(1);
        }
    }

    @Test
    void worksByItselfUntilItIsClosed() throws SQLException {
        try (OutboxRelay relay = OutboxRelay.of(client, database)
                .table(TABLE)
                .router(type -> type.replace("Order", "orders"))
                .pollInterval(Duration.ofMillis(5))
                .start()) {
            write("Order", "k", "v1");
            try (Consumer consumer = client.consumer()
                    .topics("orders")
                    .from(StartFrom.earliest())
                    .open()) {
                assertThat(consumer.poll(Duration.ofSeconds(30)))
                        .extracting(ReceivedMessage::valueText)
                        .containsExactly("v1");
            }
        }
        assertThat(rows("")).isZero();
    }

    // ---- publishing by id

    private Message withId(String id, String value) {
        return Message.to("orders").partition(0).value(value).header("$id", id);
    }

    @Test
    void aMessageWithAnIdThatWasPublishedIsAnsweredWithItsFirstOffset() {
        try (Producer producer = client.producer().build()) {
            Receipt first = producer.publish(withId("a", "1"));
            Receipt other = producer.publish(withId("b", "2"));
            millrace.restart();
            Receipt again = producer.publish(withId("a", "1"));
            assertThat(first.duplicate()).isFalse();
            assertThat(again.duplicate()).isTrue();
            assertThat(again.offset()).isEqualTo(first.offset());
            assertThat(other.offset()).isEqualTo(first.offset() + 1);
            Receipt next = producer.publish(withId("c", "3"));
            assertThat(next.offset()).isEqualTo(other.offset() + 1);
            assertThat(producer.publish(Message.to("orders").partition(0).value("no id"))
                            .duplicate())
                    .isFalse();
        }
        assertThat(client.admin().describeTopic("orders").messages()).isEqualTo(4);
    }

    @Test
    void idsThatAreNoTextStayApart() {
        Message first = Message.to("orders").partition(0).value("1").header("$id", new byte[] {-1, -2});
        Message second = Message.to("orders").partition(0).value("2").header("$id", new byte[] {-3, -4});
        try (Producer producer = client.producer().build()) {
            assertThat(producer.publish(first).duplicate()).isFalse();
            assertThat(producer.publish(second).duplicate()).isFalse();
            assertThat(producer.publish(first).duplicate()).isTrue();
        }
    }

    @Test
    void theSameIdInAnotherPartitionIsAnotherMessage() {
        try (Producer producer = client.producer().build()) {
            producer.publish(withId("a", "1"));
            assertThat(producer.publish(withId("a", "1").partition(1)).duplicate())
                    .isFalse();
        }
    }

    @Test
    void aBatchOfKnownAndNewIdsIsRefusedAsAWhole() {
        try (Producer producer =
                client.producer().linger(Duration.ofMillis(300)).build()) {
            producer.publish(withId("a", "1"));
            CompletableFuture<Receipt> known = producer.publishAsync(withId("a", "1"));
            CompletableFuture<Receipt> fresh = producer.publishAsync(withId("n", "2"));
            producer.flush();
            for (CompletableFuture<Receipt> refused : List.of(known, fresh)) {
                assertThatThrownBy(refused::join)
                        .isInstanceOf(CompletionException.class)
                        .satisfies(e -> assertThat(((MillraceException) e.getCause()).fault())
                                .isEqualTo(Fault.PARTLY_PUBLISHED));
            }
            assertThat(producer.publish(withId("n", "2")).duplicate()).isFalse();
        }
        assertThat(client.admin().describeTopic("orders").messages()).isEqualTo(2);
    }

    @Test
    void anIdThatIsTooLongIsRefused() {
        try (Producer producer = client.producer().build()) {
            assertThatThrownBy(() -> producer.publish(withId("x".repeat(257), "v")))
                    .hasMessageContaining("has 257 bytes; an id has at most 256");
        }
    }

    @Test
    void anIdWindowOutOfRangeIsRefused() {
        assertThatThrownBy(() -> client.admin().createTopic("t", 1, Map.of("publish.idWindow", "5s")))
                .hasMessageContaining("must be from 1m to 30d");
    }
}
