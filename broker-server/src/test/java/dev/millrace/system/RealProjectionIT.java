package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Projection;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.jdbc.ProjectionTables;
import dev.millrace.testing.Seeds;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The history of a large repository projected into SQL by a process that is killed at random and started again: the table must
 * be the tree at the end, and no event may have had its effect twice or not at all.
 */
@Timeout(300)
class RealProjectionIT {
    private static final String TOPIC = "files";
    private static final int KILLS = Integer.getInteger("projection.kills", 3);
    private static final int LIFE_MS_MAX = 1200;

    @TempDir
    Path directory;

    @Test
    void aProjectionThatIsKilledAtRandomEndsInTheRightStateWithEachEffectOnce() throws Exception {
        long seed = Seeds.next();
        RealEvents events = RealEvents.load();
        String url = "jdbc:h2:file:" + directory.resolve("model");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            daemon.run("topic", "create", TOPIC, "--partitions", "4", "--set", "stream.index=key")
                    .succeeded();
            publish(daemon, events.lines());
            createModel(url);
            killAtRandom(daemon, url, new Random(seed));
            try (Projector last = new Projector(daemon.server(), url)) {
                last.hear("caught up");
                last.end();
            }
            assertThat(daemon.terminate()).isZero();
        }
        proveModel(url, events);
    }

    private static void publish(Daemon daemon, List<String> lines) throws Exception {
        Process publisher = daemon.command(
                        "pub", TOPIC, "--file", "-", "--key-pointer", "/path", "--time-pointer", "/time")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedWriter out =
                new BufferedWriter(new OutputStreamWriter(publisher.getOutputStream(), StandardCharsets.UTF_8))) {
            for (String line : lines) {
                out.write(line);
                out.write('\n');
            }
        }
        assertThat(publisher.waitFor()).isZero();
    }

    private static void createModel(String url) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            ProjectionTables.in(dataSource(url)).createTables(connection);
            statement.execute("CREATE TABLE file (path VARCHAR(1000) PRIMARY KEY, blob_hash VARCHAR(40), changes INT)");
        }
    }

    private static void killAtRandom(Daemon daemon, String url, Random random) throws Exception {
        for (int kill = 0; kill < KILLS; kill++) {
            try (Projector projector = new Projector(daemon.server(), url)) {
                projector.hear("started");
                boolean ended = projector.process.waitFor(random.nextInt(LIFE_MS_MAX), TimeUnit.MILLISECONDS);
                assertThat(ended).as("the projection ended by itself").isFalse();
            } // SIGKILL
        }
    }

    private static void proveModel(String url, RealEvents events) throws SQLException {
        Map<String, Integer> changes = new HashMap<>();
        events.lines()
                .forEach(
                        line -> changes.merge(RealEvents.parse(line).get("path").asText(), 1, Integer::sum));
        Map<String, String> tree = new TreeMap<>();
        Map<String, Integer> found = new HashMap<>();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT path, blob_hash, changes FROM file")) {
            while (rows.next()) {
                found.put(rows.getString(1), rows.getInt(3));
                if (rows.getString(2) != null) {
                    tree.put(rows.getString(1), rows.getString(2));
                }
            }
        }
        assertThat(found).as("effects of each path").isEqualTo(changes);
        assertThat(tree).isEqualTo(events.stateAtEnd());
    }

    private static JdbcDataSource dataSource(String url) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL(url);
        return dataSource;
    }

    /** The projection in a process of its own. */
    private static final class Projector implements AutoCloseable {
        final Process process;
        private final BufferedReader said;

        Projector(String server, String url) throws IOException {
            process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx256m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            RealProjectionIT.class.getName(),
                            server,
                            url)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            said = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        void hear(String word) throws IOException {
            String line = said.readLine();
            while (line != null && !line.equals(word)) {
                line = said.readLine();
            }
            assertThat(line).as("what the projection said").isEqualTo(word);
        }

        /** Lets it end in good order. */
        void end() throws Exception {
            process.getOutputStream().close();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }

        @Override
        public void close() throws Exception {
            process.destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            said.close();
        }
    }

    // ---- inside the process

    /** Projects until its input ends. */
    public static void main(String[] args) throws Exception {
        // The database stays open between the transactions.
        try (Connection keepsOpen = DriverManager.getConnection(args[1]);
                MillraceClient client = MillraceClient.connect(args[0]);
                Projection projection = client.projections()
                        .named("tree")
                        .topics(TOPIC)
                        .concurrency(2)
                        .start(ProjectionTables.in(dataSource(args[1])), RealProjectionIT::change)) {
            System.out.println("started");
            projection.caughtUp().get();
            System.out.println("caught up");
            while (System.in.read() >= 0) {
                // until it is told to end
            }
        }
    }

    private static void change(Connection connection, StoredEvent event) throws SQLException {
        JsonNode change = RealEvents.parse(event.valueText());
        String blob = change.path("blob").asText(null);
        String update = "UPDATE file SET blob_hash = ?, changes = changes + 1 WHERE path = ?";
        try (PreparedStatement statement = connection.prepareStatement(update)) {
            statement.setString(1, blob);
            statement.setString(2, event.keyText());
            if (statement.executeUpdate() == 1) {
                return;
            }
        }
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO file (path, blob_hash, changes) VALUES (?, ?, 1)")) {
            insert.setString(1, event.keyText());
            insert.setString(2, blob);
            insert.executeUpdate();
        }
    }
}
