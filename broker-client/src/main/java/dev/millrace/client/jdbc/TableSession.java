package dev.millrace.client.jdbc;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.ProjectionDatabase.Change;
import dev.millrace.client.ProjectionDatabase.Lane;
import dev.millrace.client.ProjectionDatabase.Move;
import dev.millrace.client.ProjectionDatabase.Name;
import dev.millrace.client.ProjectionDatabase.TakenOverException;
import dev.millrace.client.ProjectionDatabase.Work;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLIntegrityConstraintViolationException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.sql.SQLTransientException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A projection that was taken over: its rows bear the owner, and each transaction changes a row only where that is still so.
 *
 * <p>A take-over changes all rows, so it waits for transactions under way, and they see it or it sees them. Thread: any.
 */
final class TableSession implements ProjectionDatabase.Session<Connection> {
    private static final int OPEN_TRIES = 10;
    private static final String REPLACED = "replaced by ";

    private final ProjectionTables tables;
    private final Name projection;
    private final String owner = UUID.randomUUID().toString();
    private final Map<Lane, Long> positions = new HashMap<>();
    private final List<ParkedEvent> parked = new ArrayList<>();
    /** A row that stands for all, where a transaction moves none. */
    private Lane anchor;

    private TableSession(ProjectionTables tables, Name projection) {
        this.tables = tables;
        this.projection = projection;
    }

    /** Two that start at the same time may get in each other's way: then one begins anew. */
    static TableSession open(ProjectionTables tables, Name projection, Map<TopicPartition, Long> starts)
            throws Exception {
        for (int tries = 1; ; tries++) {
            TableSession session = new TableSession(tables, projection);
            try {
                session.takeOver(starts);
                return session;
            } catch (SQLException e) {
                boolean inTheWay = e instanceof SQLIntegrityConstraintViolationException
                        || e instanceof SQLTransientException && !(e instanceof SQLTransientConnectionException)
                        || hasState(e, "40")
                        || hasState(e, "23");
                if (!inTheWay || tries == OPEN_TRIES) {
                    throw e;
                }
            }
        }
    }

    private interface Step<A> {
        A run(Connection connection) throws Exception;
    }

    private <A> A inTransaction(Step<A> step) throws Exception {
        Connection connection;
        try {
            connection = tables.connect();
        } catch (SQLException e) {
            throw new SQLTransientConnectionException("no connection to the database: " + e.getMessage(), e);
        }
        try (connection) {
            try {
                A answer = step.run(connection);
                connection.commit();
                return answer;
            } catch (Throwable failed) {
                boolean usable = rollBack(connection, failed);
                if (!usable && failed instanceof Exception) {
                    throw new SQLTransientConnectionException("the connection to the database is lost", failed);
                }
                throw failed;
            }
        }
    }

    /** Returns whether the connection is of use still. */
    private static boolean rollBack(Connection connection, Throwable cause) {
        try {
            connection.rollback();
            return true;
        } catch (SQLException e) {
            cause.addSuppressed(e);
            return false;
        }
    }

    // ---- taking over

    private void takeOver(Map<TopicPartition, Long> starts) throws Exception {
        inTransaction(connection -> {
            requireNotReplaced(connection);
            setOwner(connection, projection, owner);
            readPositions(connection);
            insertPositions(connection, starts);
            readParked(connection);
            return null;
        });
        anchor = new Lane(starts.keySet().iterator().next(), 0);
    }

    private void requireNotReplaced(Connection connection) throws SQLException {
        OptionalInt live = tables.liveVersion(connection, projection.name());
        if (live.isEmpty()) {
            String sql = "INSERT INTO " + tables.live() + " (name, live_version) VALUES (?, ?)";
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                insert.setString(1, projection.name());
                insert.setInt(2, projection.version());
                insert.executeUpdate();
            }
        } else if (live.getAsInt() > projection.version()) {
            throw superseded(live.getAsInt());
        }
    }

    private MillraceException superseded(int live) {
        return new MillraceException(
                Fault.INVALID_REQUEST,
                "version " + projection.version() + " of projection " + projection.name() + " was replaced by version "
                        + live + ", which serves now; start that one, or build version " + (live + 1));
    }

    private void setOwner(Connection connection, Name of, String newOwner) throws SQLException {
        String sql = "UPDATE " + tables.position() + " SET owner = ? WHERE projection = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, newOwner);
            update.setString(2, of.id());
            update.executeUpdate();
        }
    }

    private void readPositions(Connection connection) throws SQLException {
        String sql = "SELECT topic, part, lane, next_offset FROM " + tables.position() + " WHERE projection = ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, projection.id());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    TopicPartition partition = new TopicPartition(rows.getString(1), rows.getInt(2));
                    positions.put(new Lane(partition, rows.getInt(3)), rows.getLong(4));
                }
            }
        }
    }

    /** Rows for partitions that are new: all are there before the first event, so a take-over reaches them all. */
    private void insertPositions(Connection connection, Map<TopicPartition, Long> starts) throws SQLException {
        String sql = "INSERT INTO " + tables.position()
                + " (projection, topic, part, lane, next_offset, owner) VALUES (?, ?, ?, ?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            boolean any = false;
            for (Map.Entry<TopicPartition, Long> start : starts.entrySet()) {
                for (int number = 0; number < ProjectionDatabase.LANES; number++) {
                    Lane lane = new Lane(start.getKey(), number);
                    if (positions.putIfAbsent(lane, start.getValue()) == null) {
                        setLane(insert, 1, lane);
                        insert.setLong(5, start.getValue());
                        insert.setString(6, owner);
                        insert.addBatch();
                        any = true;
                    }
                }
            }
            if (any) {
                insert.executeBatch();
            }
        }
    }

    /** Sets projection, topic, part and lane. */
    private void setLane(PreparedStatement statement, int from, Lane lane) throws SQLException {
        statement.setString(from, projection.id());
        statement.setString(from + 1, lane.partition().topic());
        statement.setInt(from + 2, lane.partition().partition());
        statement.setInt(from + 3, lane.number());
    }

    private void readParked(Connection connection) throws SQLException {
        String sql = "SELECT topic, part, event_offset, event_key, error, attempts, parked_at_ms FROM "
                + tables.parked() + " WHERE projection = ? ORDER BY topic, part, event_offset";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, projection.id());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String key = rows.getString(4);
                    parked.add(new ParkedEvent(
                            new Position(rows.getString(1), rows.getInt(2), rows.getLong(3)),
                            key == null ? null : decode(key),
                            rows.getString(5),
                            rows.getInt(6),
                            rows.getLong(7)));
                }
            }
        }
    }

    /** The mark keeps an empty key apart from none where a database does not. */
    private static String encode(byte[] key) {
        return "=" + Base64.getEncoder().encodeToString(key);
    }

    private static byte[] decode(String key) {
        return Base64.getDecoder().decode(key.substring(1));
    }

    // ---- stepping

    @Override
    public Map<Lane, Long> positions() {
        return positions;
    }

    @Override
    public List<ParkedEvent> parked() {
        return parked;
    }

    @Override
    public void transact(Change change, Work<Connection> work) throws Exception {
        inTransaction(connection -> {
            if (change.moves().isEmpty()) {
                touch(connection);
            } else if (!move(connection, change.moves())) {
                return null; // an earlier try was committed, and only its answer was lost
            }
            if (!unpark(connection, change.unparked())) {
                return null;
            }
            park(connection, change.parked());
            work.run(connection);
            return null;
        });
    }

    /** Proves that the projection is this owner's, and keeps it so until the transaction ends. */
    private void touch(Connection connection) throws SQLException, TakenOverException {
        String sql = "UPDATE " + tables.position()
                + " SET owner = ? WHERE projection = ? AND topic = ? AND part = ? AND lane = ? AND owner = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            update.setString(1, owner);
            setLane(update, 2, anchor);
            update.setString(6, owner);
            if (update.executeUpdate() != 1) {
                throw takenOver(connection);
            }
        }
    }

    /** False where the lanes are there already. */
    private boolean move(Connection connection, List<Move> moves) throws SQLException, TakenOverException {
        String sql =
                "UPDATE " + tables.position() + " SET next_offset = ? WHERE projection = ? AND topic = ? AND part = ?"
                        + " AND lane = ? AND next_offset = ? AND owner = ?";
        try (PreparedStatement update = connection.prepareStatement(sql)) {
            for (Move move : moves) {
                update.setLong(1, move.to());
                setLane(update, 2, move.lane());
                update.setLong(6, move.from());
                update.setString(7, owner);
                if (update.executeUpdate() != 1) {
                    requireReached(connection, move);
                    return false;
                }
            }
        }
        return true;
    }

    private void requireReached(Connection connection, Move move) throws SQLException, TakenOverException {
        String sql = "SELECT next_offset, owner FROM " + tables.position()
                + " WHERE projection = ? AND topic = ? AND part = ? AND lane = ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            setLane(query, 1, move.lane());
            try (ResultSet rows = query.executeQuery()) {
                if (!rows.next() || !owner.equals(rows.getString(2))) {
                    throw takenOver(connection);
                }
                if (rows.getLong(1) < move.to()) {
                    throw new IllegalStateException("projection " + projection.id() + ": lane "
                            + move.lane().number()
                            + " of " + move.lane().partition() + " is at offset " + rows.getLong(1) + " and not at "
                            + move.from() + ": somebody changed table " + tables.position());
                }
            }
        }
    }

    private TakenOverException takenOver(Connection connection) throws SQLException {
        return new TakenOverException(
                "projection " + projection.id() + " belongs to another now: " + owner(connection));
    }

    private String owner(Connection connection) throws SQLException {
        String sql = "SELECT owner FROM " + tables.position()
                + " WHERE projection = ? AND topic = ? AND part = ? AND lane = ?";
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            setLane(query, 1, anchor);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() ? rows.getString(1) : "";
            }
        }
    }

    // ---- parking

    private void park(Connection connection, List<ParkedEvent> events) throws SQLException {
        if (events.isEmpty()) {
            return;
        }
        String sql = "INSERT INTO " + tables.parked()
                + " (projection, topic, part, event_offset, event_key, error, attempts, parked_at_ms)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        try (PreparedStatement insert = connection.prepareStatement(sql)) {
            for (ParkedEvent event : events) {
                setPosition(insert, event.position());
                insert.setString(5, event.key() == null ? null : encode(event.key()));
                if (event.error() == null) {
                    insert.setNull(6, Types.VARCHAR);
                } else {
                    insert.setString(6, event.error());
                }
                insert.setInt(7, event.attempts());
                insert.setLong(8, event.parkedAtMs());
                insert.executeUpdate();
            }
        }
    }

    /** False where they are gone already. */
    private boolean unpark(Connection connection, List<Position> unparked) throws SQLException {
        String sql = "DELETE FROM " + tables.parked()
                + " WHERE projection = ? AND topic = ? AND part = ? AND event_offset = ?";
        for (Position position : unparked) {
            try (PreparedStatement delete = connection.prepareStatement(sql)) {
                setPosition(delete, position);
                if (delete.executeUpdate() == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private void setPosition(PreparedStatement statement, Position position) throws SQLException {
        statement.setString(1, projection.id());
        statement.setString(2, position.topic());
        statement.setInt(3, position.partition());
        statement.setLong(4, position.offset());
    }

    // ---- failures

    @Override
    public boolean passes(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException e && passes(e)) {
                return true;
            }
        }
        return false;
    }

    /** Lost connections, deadlocks and serialization failures, operators at work, too few resources. */
    private static boolean passes(SQLException e) {
        return e instanceof SQLTransientException
                || e instanceof SQLRecoverableException
                || e instanceof SQLNonTransientConnectionException
                || hasState(e, "08")
                || hasState(e, "40")
                || hasState(e, "53")
                || hasState(e, "57");
    }

    private static boolean hasState(SQLException e, String stateClass) {
        return e.getSQLState() != null && e.getSQLState().startsWith(stateClass);
    }

    // ---- versions

    @Override
    public Projection.State state() throws Exception {
        return inTransaction(connection -> {
            String now = owner(connection);
            if (now.startsWith(REPLACED)) {
                return Projection.State.REPLACED;
            } else if (!now.equals(owner)) {
                return Projection.State.FAILED;
            }
            int live = tables.liveVersion(connection, projection.name()).orElse(projection.version());
            return live == projection.version() ? Projection.State.LIVE : Projection.State.BUILDING;
        });
    }

    @Override
    public Map<TopicPartition, Long> retireLive() throws Exception {
        return inTransaction(connection -> {
            int live = tables.liveVersion(connection, projection.name()).orElse(projection.version());
            if (live > projection.version()) {
                throw superseded(live);
            }
            if (live == projection.version()) {
                return Map.of();
            }
            Name before = new Name(projection.name(), live);
            setOwner(connection, before, REPLACED + projection.version());
            return foremost(connection, before);
        });
    }

    /** How far the effect of a version reaches. */
    private Map<TopicPartition, Long> foremost(Connection connection, Name of) throws SQLException {
        String sql = "SELECT topic, part, MAX(next_offset) FROM " + tables.position()
                + " WHERE projection = ? GROUP BY topic, part";
        Map<TopicPartition, Long> foremost = new TreeMap<>();
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, of.id());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    foremost.put(new TopicPartition(rows.getString(1), rows.getInt(2)), rows.getLong(3));
                }
            }
        }
        return foremost;
    }

    @Override
    public void makeLive() throws Exception {
        inTransaction(connection -> {
            touch(connection);
            String sql = "UPDATE " + tables.live() + " SET live_version = ? WHERE name = ? AND live_version <= ?";
            try (PreparedStatement update = connection.prepareStatement(sql)) {
                update.setInt(1, projection.version());
                update.setString(2, projection.name());
                update.setInt(3, projection.version());
                if (update.executeUpdate() != 1) {
                    throw superseded(
                            tables.liveVersion(connection, projection.name()).orElseThrow());
                }
            }
            tables.swapWork().run(connection);
            return null;
        });
    }
}
