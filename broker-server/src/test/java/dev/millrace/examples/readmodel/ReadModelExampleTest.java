package dev.millrace.examples.readmodel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.MillraceClient;
import dev.millrace.client.Position;
import dev.millrace.client.Producer;
import dev.millrace.client.Projection;
import dev.millrace.client.jdbc.ProjectionTables;
import dev.millrace.server.testing.MillraceExtension;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Runs the example of docs/patterns/read-models.md. */
@Timeout(120)
@ExtendWith(MillraceExtension.class)
class ReadModelExampleTest {
    private final JdbcDataSource database = new JdbcDataSource();

    @Test
    void theNewVersionCountsRefundsAndTakesOver(MillraceClient client) throws Exception {
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        client.admin().createTopic("purchases", 2);
        client.admin().createTopic("refunds", 2);
        try (Producer producer = client.producer().build();
                Projection first = ReadModelExample.start(client, database)) {
            producer.publish("refunds", "Ada", "-50");
            producer.publish("purchases", "Ada", "100");
            Position last = Position.of(producer.publish("purchases", "Ada", "200"));
            assertThat(first.await(last, Duration.ofSeconds(60))).isTrue();
            assertThat(spent()).isEqualTo(300);
            try (Projection second = ReadModelExample.rebuild(client, database)) {
                assertThat(spent()).isEqualTo(250);
                first.finished().get(60, TimeUnit.SECONDS);
                assertThat(first.state()).isEqualTo(Projection.State.REPLACED);
                assertThat(second.state()).isEqualTo(Projection.State.LIVE);
            }
        }
    }

    /** What Ada has spent, by the version that serves. */
    private long spent() throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            int version = ProjectionTables.in(database)
                    .liveVersion(connection, "spent")
                    .orElseThrow();
            try (ResultSet rows =
                    statement.executeQuery("SELECT cents FROM spent_v" + version + " WHERE customer = 'Ada'")) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
