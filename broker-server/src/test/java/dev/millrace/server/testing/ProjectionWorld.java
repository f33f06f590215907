package dev.millrace.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Consumer;
import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionBuilder;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.jdbc.ProjectionTables;
import java.lang.reflect.Proxy;
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
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/** A broker with a topic of orders, and a database with a row for each effect that an event had. */
final class ProjectionWorld implements AutoCloseable {
    static final Duration LONG = Duration.ofSeconds(60);
    static final String TOPIC = "orders";

    final EmbeddedMillrace millrace;
    final MillraceClient client;
    final JdbcDataSource database = new JdbcDataSource();
    final ProjectionTables tables = ProjectionTables.in(database);

    ProjectionWorld(Path directory) throws SQLException {
        millrace = EmbeddedMillrace.start(directory);
        client = connect();
        client.admin().createTopic(TOPIC, 3, Map.of("stream.index", "key"));
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            tables.createTables(connection);
            tables.createTables(connection);
            statement.execute("CREATE TABLE effect (seq BIGINT AUTO_INCREMENT PRIMARY KEY, stream VARCHAR(100),"
                    + " version BIGINT, place VARCHAR(100))");
        }
    }

    MillraceClient connect() {
        return MillraceClient.builder()
                .server(millrace.address())
                .reconnectBackoff(Duration.ofMillis(5), Duration.ofMillis(100))
                .build();
    }

    /** One more event of a stream; returns where it stands. */
    Position append(String key) {
        return append(key, "text");
    }

    Position append(String key, String value) {
        AppendResult result = client.streams(TOPIC).append(key, Expected.any(), Event.of("Changed", value));
        return Position.of(TOPIC, result);
    }

    /** So many events of each of so many streams, in turns. */
    void appendMany(int streams, int events) {
        for (int i = 0; i < events; i++) {
            for (int k = 0; k < streams; k++) {
                append("order-" + k);
            }
        }
    }

    ProjectionBuilder projection() {
        return client.projections().named("totals").topics(TOPIC).checkpointInterval(Duration.ofMillis(100));
    }

    /** The handler of most tests. */
    static void note(Connection connection, StoredEvent event) throws SQLException {
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO effect (stream, version, place) VALUES (?, ?, ?)")) {
            insert.setString(1, event.keyText());
            insert.setLong(2, event.version());
            insert.setString(3, Position.of(event).toString());
            insert.executeUpdate();
        }
    }

    /** The versions of each stream in the order in which they had their effect. */
    Map<String, List<Long>> effects() throws SQLException {
        Map<String, List<Long>> effects = new TreeMap<>();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT stream, version FROM effect ORDER BY seq")) {
            while (rows.next()) {
                effects.computeIfAbsent(rows.getString(1), key -> new ArrayList<>())
                        .add(rows.getLong(2));
            }
        }
        return effects;
    }

    /** All that was published to a topic. */
    List<String> values(String topic) {
        List<String> values = new ArrayList<>();
        try (Consumer consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            do {
                consumer.poll(Duration.ofMillis(200)).forEach(message -> values.add(message.valueText()));
            } while (!consumer.caughtUp());
        }
        return values;
    }

    static void awaitCaughtUp(Projection projection) throws Exception {
        projection.caughtUp().get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    static void awaitThat(BooleanSupplier condition) {
        long deadlineNanos = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadlineNanos);
            Thread.onSpinWait();
        }
    }

    /** A data source whose connections cannot be had while {@code away}. */
    static DataSource flaky(JdbcDataSource real, BooleanSupplier away) {
        return (DataSource) Proxy.newProxyInstance(
                DataSource.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                    if (away.getAsBoolean()) {
                        throw new SQLException("the database is away", "08001");
                    }
                    return method.invoke(real, arguments);
                });
    }

    @Override
    public void close() {
        client.close();
        millrace.close();
    }
}
