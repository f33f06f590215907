package dev.millrace.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.LogOperations.LogSlice;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.StoreOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readers on many threads, slow ones among them, while the cache evicts and retention takes files away under them. */
@Timeout(60)
class ReadersBesideRetentionTest {
    private static final int APPENDS = 3000;
    private static final int READERS = 4;

    @TempDir
    Path directory;

    private LocalBroker broker;
    private TopicPartition partition;

    @Test
    void whatIsReadIsWholeAndInItsPlaceAndWhatIsGoneIsOutOfRange() throws Exception {
        BrokerOptions options = BrokerOptions.defaults(directory.resolve("data"))
                .withStore(StoreOptions.defaults().withGenerationBytes(1 << 20))
                .withMemory(new BrokerOptions.Memory(256 << 10, 1 << 20, 1 << 20, 2 << 20, 2))
                .withUpkeep(new BrokerOptions.Upkeep(60_000, 5, 0, 86_400_000));
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        try (LocalBroker opened = LocalBroker.open(options)) {
            broker = opened;
            partition = new TopicPartition(
                    broker.topics()
                            .create("t", 1, Map.of("retentionBytes", "1MiB"))
                            .get(10, TimeUnit.SECONDS)
                            .topicId(),
                    0);
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                int number = i;
                Callable<Long> reader = () -> readAll(new Random(number), number);
                readers.add(threads.submit(reader));
            }
            for (int i = 0; i < APPENDS; i++) {
                broker.logs().append(partition, batch(i)).get(10, TimeUnit.SECONDS);
            }
            for (Future<Long> reader : readers) {
                assertThat(reader.get(30, TimeUnit.SECONDS)).isPositive();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static ByteBuffer batch(int number) {
        byte[] value = new byte[number % 3 == 0 ? 30_000 : 300];
        ByteBuffer.wrap(value).putInt(number);
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, value.length + 100);
        builder.append(number, null, value, List.of());
        return builder.build();
    }

    /** Reads to the end; holds up to {@code heldMax} slices before it looks into the oldest. Returns the records read. */
    private long readAll(Random random, int heldMax) {
        ArrayDeque<LogSlice> held = new ArrayDeque<>();
        long next = 0;
        long read = 0;
        while (next < APPENDS) {
            LogSlice slice;
            try {
                slice = broker.logs()
                        .read(partition, next, 1 + random.nextInt(200_000))
                        .join();
            } catch (CompletionException e) {
                assertThat(((FaultException) e.getCause()).fault())
                        .as(e.getMessage())
                        .isEqualTo(Fault.OFFSET_OUT_OF_RANGE);
                long start = broker.logs().bounds(partition).logStartOffset();
                assertThat(start).isGreaterThan(next);
                next = start;
                continue;
            }
            assertThat(slice.batches().hasRemaining()).isEqualTo(slice.nextOffset() > next);
            held.add(slice);
            next = slice.nextOffset();
            if (held.size() > heldMax) {
                read += look(held.remove());
            }
        }
        while (!held.isEmpty()) {
            read += look(held.remove());
        }
        return read;
    }

    private static long look(LogSlice slice) {
        long count = 0;
        for (RecordBatch batch : RecordBatch.in(slice.batches())) {
            assertThat(batch.checksumValid()).isTrue();
            for (Record record : batch.records(1)) {
                assertThat(ByteBuffer.wrap(record.value()).getInt()).isEqualTo((int) record.offset());
                count++;
            }
        }
        slice.release();
        return count;
    }
}
