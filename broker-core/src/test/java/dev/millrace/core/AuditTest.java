package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNames;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Administrative changes of a real broker, and what its audit log says of them. */
@Timeout(60)
class AuditTest {
    @TempDir
    Path directory;

    private static final Actor ANNA = new Actor("native", "anna", "10.0.0.1:5555");

    private BrokerOptions options;
    private LocalBroker broker;
    private TopicPartition audit;

    @BeforeEach
    void open() throws Exception {
        options = BrokerOptions.defaults(directory.resolve("data"));
        broker = LocalBroker.open(options);
        audit = get(broker.internals().log(AuditNames.TOPIC));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private List<Record> events() throws Exception {
        List<Record> events = new ArrayList<>();
        long end = broker.logs().bounds(audit).endOffset();
        long offset = 0;
        while (offset < end) {
            LogSlice slice = get(broker.logs().read(audit, offset, 1 << 20));
            try {
                for (RecordBatch batch : RecordBatch.in(slice.batches())) {
                    batch.records(1 << 20).forEach(events::add);
                }
                offset = slice.nextOffset();
            } finally {
                slice.release();
            }
        }
        return events;
    }

    private List<String> texts() throws Exception {
        return events().stream()
                .map(event -> new String(event.value(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void nobodyTakesItsPastAway() throws Exception {
        topic(broker.as(ANNA), "orders");
        assertThatThrownBy(() -> get(broker.logs().deleteBefore(audit, 1)))
                .hasRootCauseInstanceOf(FaultException.class)
                .hasMessageContaining("one of the broker's own");
        assertThat(events()).hasSize(1);
    }

    private TopicOperations.Topic topic(Broker by, String name) throws Exception {
        return get(by.topics().create(name, 2, Map.of("retention", "7d")));
    }

    private void publish(TopicPartition partition, int records) throws Exception {
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE, 100);
        for (int i = 0; i < records; i++) {
            batch.append(1, null, new byte[] {1}, List.of());
        }
        get(broker.logs().append(partition, batch.build()));
    }

    @Test
    void topicChangesSayWhoWhatBeforeAndAfter() throws Exception {
        Broker anna = broker.as(ANNA);
        TopicOperations.Topic made = topic(anna, "orders");
        get(anna.topics().alter("orders", 3, Map.of("retention", "1d")));
        publish(new TopicPartition(made.topicId(), 1), 4);
        get(anna.topics().delete("orders"));
        String who = "\"who\":{\"protocol\":\"native\",\"client\":\"anna\",\"address\":\"10.0.0.1:5555\"}";
        String id = "{\"topicId\":\"" + made.topicId() + "\",";
        assertThat(texts())
                .containsExactly(
                        "{\"action\":\"topic.create\",\"target\":\"orders\"," + who + ",\"before\":null,\"after\":" + id
                                + "\"partitions\":2,\"settings\":{\"retention\":\"7d\"}}}",
                        "{\"action\":\"topic.alter\",\"target\":\"orders\"," + who + ",\"before\":" + id
                                + "\"partitions\":2,\"settings\":{\"retention\":\"7d\"}},\"after\":" + id
                                + "\"partitions\":3,\"settings\":{\"retention\":\"1d\"}}}",
                        "{\"action\":\"topic.delete\",\"target\":\"orders\"," + who + ",\"before\":" + id
                                + "\"partitions\":3,\"settings\":{\"retention\":\"1d\"},\"records\":4},\"after\":null}");
        Record first = events().get(0);
        assertThat(new String(first.key(), StandardCharsets.UTF_8)).isEqualTo("orders");
        assertThat(first.headers().stream().map(RecordHeader::key).toList())
                .containsExactly("action", "target", "protocol", "client", "address");
    }

    @Test
    void resetsAndDeletionsOfGroupsShowTheirOffsets() throws Exception {
        TopicPartition partition = new TopicPartition(topic(broker, "orders").topicId(), 1);
        publish(partition, 5);
        Broker anna = broker.as(ANNA);
        get(anna.groups().reset("billing", List.of(new GroupOperations.Offset(partition, 5, null))));
        get(anna.groups().reset("billing", List.of(new GroupOperations.Offset(partition, 2, null))));
        get(anna.groups().delete("billing"));
        String target = "\"target\":\"billing\",";
        List<String> texts = texts();
        assertThat(texts).hasSize(4);
        assertThat(texts.get(1))
                .contains("group.reset", target, "\"before\":{\"partitions\":1,\"offsets\":{\"orders/1\":null}}")
                .contains("\"after\":{\"partitions\":1,\"offsets\":{\"orders/1\":5}}");
        assertThat(texts.get(2)).contains("\"orders/1\":5}},\"after\":{\"partitions\":1,\"offsets\":{\"orders/1\":2}}");
        assertThat(texts.get(3)).contains("group.delete", target, "{\"orders/1\":2}},\"after\":null");
    }

    @Test
    void erasureAndDeletionOfStreamsAreRecorded() throws Exception {
        TopicOperations.Topic made = get(broker.topics().create("events", 1, Map.of("stream.index", "key")));
        TopicPartition partition = new TopicPartition(made.topicId(), 0);
        byte[] key = "o-\"17".getBytes(StandardCharsets.UTF_8);
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE, 100);
        batch.append(1, key, new byte[] {1}, List.of());
        batch.append(1, key, new byte[] {2}, List.of());
        get(broker.logs().append(partition, batch.build()));
        Broker anna = broker.as(ANNA);
        get(anna.streams().erase(partition, key, 0, 0));
        get(anna.streams().delete(partition, key, -2, false));
        List<String> texts = texts();
        assertThat(texts.get(1))
                .contains("\"stream.erase\",\"target\":\"events/0/o-\\\"17\"", "\"client\":\"anna\"")
                .contains("\"after\":{\"erasedEvents\":1,\"fromVersion\":0,\"toVersion\":0}");
        assertThat(texts.get(2)).contains("stream.delete", "\"after\":{\"state\":\"deleted\"");
    }

    @Test
    void deletingRecordsShowsTheBoundsBeforeAndAfter() throws Exception {
        TopicPartition partition = new TopicPartition(topic(broker, "orders").topicId(), 1);
        publish(partition, 5);
        Broker anna = broker.as(ANNA);
        get(anna.logs().deleteBefore(partition, 3));
        get(anna.logs().deleteBefore(partition, 3));
        get(anna.logs().deleteBefore(partition, 1));
        assertThatThrownBy(() -> get(anna.logs().deleteBefore(partition, 6))).hasCauseInstanceOf(FaultException.class);
        List<String> texts = texts();
        assertThat(texts).as("what changes nothing is not recorded").hasSize(2);
        assertThat(texts.get(1))
                .isEqualTo(
                        "{\"action\":\"records.delete\",\"target\":\"orders/1\","
                                + "\"who\":{\"protocol\":\"native\",\"client\":\"anna\",\"address\":\"10.0.0.1:5555\"},"
                                + "\"before\":{\"startOffset\":0,\"endOffset\":5},\"after\":{\"startOffset\":3,\"endOffset\":5}}");
    }

    @Test
    void whatWasRefusedIsNotRecorded() throws Exception {
        topic(broker, "orders");
        assertThatThrownBy(() -> topic(broker, "orders")).hasCauseInstanceOf(FaultException.class);
        assertThatThrownBy(() -> get(broker.topics().delete("nosuch"))).hasCauseInstanceOf(FaultException.class);
        assertThatThrownBy(() -> get(broker.groups().delete("nosuch"))).hasCauseInstanceOf(FaultException.class);
        assertThat(texts()).hasSize(1);
    }

    @Test
    void theLogIsReadableNotPublishableAndOutlivesARestart() throws Exception {
        topic(broker.as(ANNA), "orders");
        RecordBatchBuilder forged = new RecordBatchBuilder(Compression.NONE, 100);
        forged.append(1, null, new byte[] {1}, List.of());
        assertThatThrownBy(() -> get(broker.logs().append(audit, forged.build())))
                .hasCauseInstanceOf(FaultException.class);
        assertThatThrownBy(() -> get(broker.topics().delete(AuditNames.TOPIC)))
                .hasCauseInstanceOf(FaultException.class);
        List<String> before = texts();
        broker.close();
        broker = LocalBroker.open(options);
        assertThat(get(broker.internals().log(AuditNames.TOPIC))).isEqualTo(audit);
        assertThat(texts()).isEqualTo(before).hasSize(1);
    }

    @Test
    void itsRetentionIsItsOwnAndChangingItIsRecorded() throws Exception {
        get(broker.as(ANNA).topics().alter(AuditNames.TOPIC, 0, Map.of("retention", "400d")));
        assertThat(broker.topics().find(AuditNames.TOPIC).orElseThrow().settings())
                .containsEntry("retention", "400d");
        assertThat(texts().get(0)).contains("\"topic.alter\",\"target\":\"$audit.log\"", "\"retention\":\"400d\"");
    }
}
