package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.TraceOperations.Found;
import dev.millrace.core.TraceOperations.Page;
import dev.millrace.core.TraceOperations.Place;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Look-ups of what belongs together, through the facade and on a real disk. */
class LocalTracesTest {
    private static final Map<String, String> INDEXED = Map.of("correlation.index", "on");

    @TempDir
    private Path directory;

    private LocalBroker broker;

    @BeforeEach
    void open() {
        broker = LocalBroker.open(SampleData.options(directory.resolve("data")));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private TopicPartition topic(String name, int partitions, Map<String, String> settings) {
        return new TopicPartition(
                SampleData.get(broker.topics().create(name, partitions, settings))
                        .topicId(),
                0);
    }

    private void publish(TopicPartition partition, String correlation, int count) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        byte[] value = correlation.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < count; i++) {
            builder.append(5, new byte[] {7}, new byte[3], List.of(new RecordHeader("$correlation", value)));
        }
        ByteBuffer batch = builder.build();
        SampleData.get(broker.logs().append(partition, batch));
    }

    private List<String> find(String id, int pageCount) {
        List<String> places = new ArrayList<>();
        Place next = Place.FIRST;
        while (next != null) {
            Page page = SampleData.get(broker.traces().find(id, next, pageCount));
            assertThat(page.found()).hasSizeLessThanOrEqualTo(pageCount);
            page.found()
                    .forEach(found -> places.add(found.place().topic() + "/"
                            + found.place().partition() + "@" + found.place().offset()));
            next = page.next();
        }
        return places;
    }

    @Test
    void findsOverAllIndexedTopicsInPagesOfAnySizeAndAfterARestart() {
        TopicPartition orders = topic("orders", 2, INDEXED);
        TopicPartition plain = topic("plain", 1, Map.of());
        TopicPartition bank = topic("bank", 1, INDEXED);
        publish(orders, "p1", 2);
        publish(orders, "p2", 1);
        publish(new TopicPartition(orders.topicId(), 1), "p1", 1);
        publish(plain, "p1", 1);
        publish(bank, "p1", 1);
        for (int pageCount : new int[] {1, 2, 3, 4, 1000}) {
            assertThat(find("p1", pageCount)).containsExactly("bank/0@0", "orders/0@0", "orders/0@1", "orders/1@0");
        }
        broker.close();
        open();
        assertThat(find("p1", 10)).hasSize(4);
        assertThat(find("p2", 10)).containsExactly("orders/0@2");
        assertThat(find("p", 10)).isEmpty();
    }

    @Test
    void aRecordWithoutAnIdIsFoundByItsPlace() {
        TopicPartition orders = topic("orders", 2, INDEXED);
        publish(orders, "p1", 2);
        publish(orders, "orders/0@1", 1);
        topic("plain", 1, Map.of());
        for (int pageCount : new int[] {1, 2, 1000}) {
            assertThat(find("orders/0@1", pageCount)).containsExactly("orders/0@1", "orders/0@2");
        }
        for (String nowhere : new String[] {
            "orders/0@3", "orders/1@0", "orders/2@0", "none/0@0", "plain/0@0", "orders/0@", "/0@0", "orders/999999999@0"
        }) {
            assertThat(find(nowhere, 10)).as(nowhere).isEmpty();
        }
    }

    /** Two of the few texts that are known to have the same 64 bits of FNV-1a. */
    @Test
    void idsWithTheSameHashStayApart() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "8yn0iYCKYHlIj4-BwPqk", 1);
        publish(orders, "GReLUrM4wMqfg9yzV3KQ", 1);
        assertThat(find("8yn0iYCKYHlIj4-BwPqk", 10)).containsExactly("orders/0@0");
        assertThat(find("GReLUrM4wMqfg9yzV3KQ", 10)).containsExactly("orders/0@1");
    }

    @Test
    void tellsWhatARecordBearsButNotItsValue() {
        publish(topic("orders", 1, INDEXED), "p1", 1);
        Found found = SampleData.get(broker.traces().find("p1", Place.FIRST, 10))
                .found()
                .get(0);
        assertThat(found.timestampMs()).isEqualTo(5);
        assertThat(found.key()).containsExactly(7);
        assertThat(found.valueBytes()).isEqualTo(3);
        assertThat(found.headers()).hasSize(1);
    }

    @Test
    void deletedRecordsAndTopicsAreNotFound() {
        TopicPartition orders = topic("orders", 1, INDEXED);
        publish(orders, "p1", 3);
        SampleData.get(broker.logs().deleteBefore(orders, 2));
        assertThat(find("p1", 10)).containsExactly("orders/0@2");
        SampleData.get(broker.topics().delete("orders"));
        assertThat(find("p1", 10)).isEmpty();
    }

    @Test
    void theIndexBeginsAndEndsWithTheSetting() {
        TopicPartition orders = topic("orders", 1, Map.of());
        publish(orders, "p1", 1);
        SampleData.get(broker.topics().alter("orders", 0, INDEXED));
        publish(orders, "p1", 1);
        assertThat(find("p1", 10)).containsExactly("orders/0@1");
        SampleData.get(broker.topics().alter("orders", 0, Map.of("correlation.index", "off")));
        assertThat(find("p1", 10)).isEmpty();
        assertFault(broker.topics().alter("orders", 0, Map.of("correlation.index", "yes")), Fault.INVALID_SETTING);
    }

    @Test
    void idsAndCountsOutOfBoundsAreRefused() {
        assertFault(broker.traces().find("", Place.FIRST, 1), Fault.INVALID_REQUEST);
        assertFault(broker.traces().find("x".repeat(1025), Place.FIRST, 1), Fault.INVALID_REQUEST);
        assertFault(broker.traces().find("x", Place.FIRST, 0), Fault.INVALID_REQUEST);
        assertThat(find("x".repeat(1024), 1)).isEmpty();
        publish(topic("orders", 1, INDEXED), "p1", 1);
        for (Place from : List.of(
                new Place("orders", -1, -1),
                new Place("orders", 0, -1),
                new Place("orders", 0, Long.MAX_VALUE),
                new Place("orders", Integer.MAX_VALUE, 0),
                new Place("zzz", 0, 0))) {
            Page page = SampleData.get(broker.traces().find("p1", from, 10));
            assertThat(page.next()).isNull();
            assertThat(page.found()).hasSize(from.topic().equals("orders") && from.offset() < 0 ? 1 : 0);
        }
    }

    private static void assertFault(CompletableFuture<?> future, Fault fault) {
        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }
}
