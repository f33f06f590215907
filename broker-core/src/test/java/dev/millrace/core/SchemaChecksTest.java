package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A publish to a topic whose values must have a schema: here the value "bad" has none. */
@Timeout(60)
class SchemaChecksTest {
    private static final String BAD = "bad";

    @TempDir
    private Path directory;

    private LocalBroker broker;
    private TopicPartition orders;

    @BeforeEach
    void open() {
        broker = LocalBroker.open(SampleData.options(directory.resolve("data")));
        broker.internals().checkSchemasWith((topic, full, record, budget) -> {
            String value = StandardCharsets.UTF_8.decode(record.valueView()).toString();
            return value.equals(BAD) ? "is bad" : null;
        });
        orders = new TopicPartition(
                SampleData.get(broker.topics().create("orders", 1, Map.of("schema.validation", "full")))
                        .topicId(),
                0);
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private static ByteBuffer batch(Compression compression, String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 256);
        for (String value : values) {
            builder.append(1, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return builder.build();
    }

    private static ByteBuffer request(ByteBuffer first, ByteBuffer second) {
        return ByteBuffer.allocate(first.remaining() + second.remaining())
                .put(first)
                .put(second)
                .flip();
    }

    private void assertRefused(int number, ByteBuffer request) {
        assertThatThrownBy(() -> broker.logs().append(orders, request).get(20, TimeUnit.SECONDS))
                .as("a request whose record %s is bad", number)
                .rootCause()
                .isInstanceOfSatisfying(FaultException.class, refused -> {
                    assertThat(refused.fault()).isEqualTo(Fault.SCHEMA_REFUSED);
                    assertThat(refused.detail()).contains("record " + number + " of the request is bad");
                });
    }

    @Test
    void everyRecordOfARequestIsHeldAgainstItsSchema() {
        for (Compression compression : List.of(Compression.NONE, Compression.GZIP)) {
            assertRefused(0, batch(compression, BAD, "a"));
            assertRefused(1, batch(compression, "a", BAD, BAD));
            assertRefused(2, batch(compression, "a", "b", BAD));
            assertRefused(3, request(batch(compression, "a", "b"), batch(Compression.NONE, "c", BAD)));
        }
        assertThat(broker.logs().bounds(orders).endOffset())
                .as("of a refused request nothing is there")
                .isZero();
        SampleData.get(broker.logs()
                .append(orders, request(batch(Compression.GZIP, "a", "b"), batch(Compression.NONE, "c"))));
        assertThat(broker.logs().bounds(orders).endOffset()).isEqualTo(3);
    }
}
