package dev.millrace.core.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The index held against a list of all records. */
class CorrelationIndexTest {
    private static final int SPAN_BITS = 4;
    private static final byte[] AFTER_ALL = {-1, -1, -1, -1, -1};
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final MemoryStore store = new MemoryStore();
    private final CorrelationIndex index = new CorrelationIndex(store, SPAN_BITS);

    @AfterEach
    void close() {
        store.close();
    }

    private void commit(Consumer<WriteSink> work) {
        WriteSink sink = store.begin();
        work.accept(sink);
        store.commit(sink);
    }

    private static RecordHeader text(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuffer batch(long baseOffset, Compression compression, List<List<RecordHeader>> records) {
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 256);
        records.forEach(headers -> builder.append(1, null, new byte[] {1}, headers));
        ByteBuffer batch = builder.build();
        RecordBatch.at(batch, batch.position()).assign(baseOffset, 0);
        return batch;
    }

    private int rows() {
        int[] count = {0};
        store.scan(Table.CORRELATION, new byte[0], AFTER_ALL, (key, value) -> {
            count[0]++;
            return true;
        });
        return count[0];
    }

    @Test
    void aRecordIsFoundByItsIdItsCorrelationAndItsTraceAndByNothingElse() {
        UUID id = UUID.randomUUID();
        List<RecordHeader> headers = List.of(
                text("$id", "order-1"),
                text("$correlation", "process-7"),
                text("$causation", "cause"),
                text("traceparent", "00-" + TRACE + "-00f067aa0ba902b7-01"));
        List<RecordHeader> event = List.of(
                new RecordHeader("$version", new byte[Long.BYTES]), EventHeaders.id(id), text("traceparent", "00-bad"));
        index.begin(5);
        commit(sink -> index.appended(5, batch(7, Compression.NONE, List.of(headers, List.of(), event)), sink));
        assertThat(index.find(5, "order-1", 0, 100, 10)).containsExactly(7L);
        assertThat(index.find(5, "process-7", 0, 100, 10)).containsExactly(7L);
        assertThat(index.find(5, TRACE, 0, 100, 10)).containsExactly(7L);
        assertThat(index.find(5, id.toString(), 0, 100, 10)).containsExactly(9L);
        assertThat(index.find(5, "cause", 0, 100, 10)).isEmpty();
        assertThat(index.find(4, "order-1", 0, 100, 10)).isEmpty();
        assertThat(index.find(5, "order-1", 8, 100, 10)).as("from").isEmpty();
        assertThat(index.find(5, "order-1", 0, 7, 10)).as("to").isEmpty();
        assertThat(rows()).isEqualTo(4);
    }

    @Test
    void compressedRecordsAreFound() {
        index.begin(1);
        List<List<RecordHeader>> records = List.of(List.of(), List.of(text("$correlation", "c")));
        commit(sink -> index.appended(1, batch(0, Compression.GZIP, records), sink));
        assertThat(index.find(1, "c", 0, 100, 10)).containsExactly(1L);
    }

    @Test
    void aPartitionThatIsNotIndexedCostsNoRow() {
        index.begin(1);
        List<List<RecordHeader>> records = List.of(List.of(text("$correlation", "c")));
        commit(sink -> index.appended(2, batch(0, Compression.NONE, records), sink));
        assertThat(rows()).isZero();
    }

    @Test
    void whatIsNotIndexedAnyMoreIsForgottenAndItsNeighboursStay() {
        List<List<RecordHeader>> records = List.of(List.of(text("$correlation", "c")));
        for (int partitionId = 1; partitionId <= 3; partitionId++) {
            int of = partitionId;
            index.begin(of);
            commit(sink -> index.appended(of, batch(99, Compression.NONE, records), sink));
        }
        commit(sink -> index.end(2, sink));
        assertThat(index.find(1, "c", 0, 100, 10)).hasSize(1);
        assertThat(index.find(2, "c", 0, 100, 10)).isEmpty();
        assertThat(index.find(3, "c", 0, 100, 10)).hasSize(1);
        assertThat(rows()).isEqualTo(2);
    }

    @Test
    void findsWhatAListOfAllRecordsHoldsOverSpansAndRetention() {
        long seed = Seeds.first();
        Random random = new Random(seed);
        TreeMap<Long, String> model = new TreeMap<>();
        index.begin(1);
        long end = 0;
        long start = 0;
        for (int step = 0; step < 400; step++) {
            long base = end;
            List<List<RecordHeader>> records = new ArrayList<>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                String id = "c" + random.nextInt(6);
                records.add(List.of(text("$correlation", id)));
                model.put(end++, id);
            }
            commit(sink -> index.appended(1, batch(base, Compression.NONE, records), sink));
            if (random.nextInt(10) == 0) {
                start += random.nextInt((int) (end - start) + 1);
                long kept = start;
                commit(sink -> index.dropBefore(1, kept, sink));
                model.headMap(kept).clear();
                assertThat(rows()).as("seed %s", seed).isLessThan(model.size() + (1 << SPAN_BITS));
            }
            check(random, model, start, end, seed);
        }
    }

    private void check(Random random, TreeMap<Long, String> model, long start, long end, long seed) {
        String id = "c" + random.nextInt(7);
        long from = start + random.nextInt((int) (end - start) + 1);
        long to = from + random.nextInt((int) (end - from) + 1);
        int countMax = 1 + random.nextInt(50);
        List<Long> expected = new ArrayList<>();
        model.subMap(from, to).forEach((offset, of) -> {
            if (of.equals(id) && expected.size() < countMax) {
                expected.add(offset);
            }
        });
        assertThat(index.find(1, id, from, to, countMax)).as("seed %s", seed).isEqualTo(expected);
    }
}
