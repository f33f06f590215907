package dev.millrace.client.jdbc;

import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.TopicPartition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import javax.sql.DataSource;

/**
 * Keeps a projection's checkpoints in three tables beside the read model, so that each event has its effect once.
 *
 * <pre>{@code
 * client.projections().named("order-totals").topics("orders").start(ProjectionTables.in(dataSource), (connection, event) -> {
 *     // SQL with this connection; committed together with the checkpoint
 * });
 * }</pre>
 *
 * <p>Portable SQL: tested with H2, and written for PostgreSQL and MySQL, too. Thread: any.
 */
public final class ProjectionTables implements ProjectionDatabase<Connection> {
    private static final String STANDARD_PREFIX = "millrace_projection";

    private final DataSource dataSource;
    private final String prefix;
    private final Work<Connection> onSwap;

    private ProjectionTables(DataSource dataSource, String prefix, Work<Connection> onSwap) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        this.prefix = SqlNames.require("projection table", prefix);
        this.onSwap = Objects.requireNonNull(onSwap, "onSwap");
    }

    /** With the tables {@code millrace_projection}, {@code ..._position} and {@code ..._parked}. */
    public static ProjectionTables in(DataSource dataSource) {
        return new ProjectionTables(dataSource, STANDARD_PREFIX, connection -> {});
    }

    /** With tables whose names begin so; a schema may stand in front. */
    public ProjectionTables named(String newPrefix) {
        return new ProjectionTables(dataSource, newPrefix, onSwap);
    }

    /** SQL in the transaction that makes a version live, such as pointing a view to its table. */
    public ProjectionTables onSwap(Work<Connection> work) {
        return new ProjectionTables(dataSource, prefix, work);
    }

    /** The tables' definitions, for a migration script. */
    public List<String> ddl() {
        return List.of(
                "CREATE TABLE " + live() + " (\n"
                        + "  name VARCHAR(200) NOT NULL PRIMARY KEY,\n"
                        + "  live_version INT NOT NULL\n"
                        + ")",
                "CREATE TABLE " + position() + " (\n"
                        + "  projection VARCHAR(255) NOT NULL,\n"
                        + "  topic VARCHAR(249) NOT NULL,\n"
                        + "  part INT NOT NULL,\n"
                        + "  lane INT NOT NULL,\n"
                        + "  next_offset BIGINT NOT NULL,\n"
                        + "  owner VARCHAR(64) NOT NULL,\n"
                        + "  PRIMARY KEY (projection, topic, part, lane)\n"
                        + ")",
                "CREATE TABLE " + parked() + " (\n"
                        + "  projection VARCHAR(255) NOT NULL,\n"
                        + "  topic VARCHAR(249) NOT NULL,\n"
                        + "  part INT NOT NULL,\n"
                        + "  event_offset BIGINT NOT NULL,\n"
                        + "  event_key VARCHAR(4000),\n"
                        + "  error VARCHAR(1000),\n"
                        + "  attempts INT NOT NULL,\n"
                        + "  parked_at_ms BIGINT NOT NULL,\n"
                        + "  PRIMARY KEY (projection, topic, part, event_offset)\n"
                        + ")");
    }

    /** Creates the tables where they are missing. */
    public void createTables(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String table : ddl()) {
                statement.execute(table.replaceFirst("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"));
            }
        }
    }

    /** The version to read from; empty before the first start. In the reader's own transaction, so what follows fits it. */
    public OptionalInt liveVersion(Connection connection, String name) throws SQLException {
        String sql = "SELECT live_version FROM " + live() + " WHERE name = ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, name);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() ? OptionalInt.of(rows.getInt(1)) : OptionalInt.empty();
            }
        }
    }

    /** Forgets checkpoints and parked events of a version that was replaced; the caller commits. */
    public void forget(Connection connection, String name, int version) throws SQLException {
        for (String table : List.of(position(), parked())) {
            try (PreparedStatement delete =
                    connection.prepareStatement("DELETE FROM " + table + " WHERE projection = ?")) {
                delete.setString(1, new Name(name, version).id());
                delete.executeUpdate();
            }
        }
    }

    @Override
    public Session<Connection> open(Name projection, Map<TopicPartition, Long> starts) throws Exception {
        return TableSession.open(this, projection, starts);
    }

    // ---- for the session

    Connection connect() throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        return connection;
    }

    String live() {
        return prefix;
    }

    String position() {
        return prefix + "_position";
    }

    String parked() {
        return prefix + "_parked";
    }

    Work<Connection> swapWork() {
        return onSwap;
    }
}
