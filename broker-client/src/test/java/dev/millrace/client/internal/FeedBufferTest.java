package dev.millrace.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the loop puts in while another thread takes out. */
class FeedBufferTest {
    private static final TopicPartition PARTITION = new TopicPartition("t", 0);
    private static final int RECORDS = 300;
    private static final int ROUNDS = 2000;

    private static ByteBuffer batch() {
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE, 64 << 10);
        for (int i = 0; i < RECORDS; i++) {
            batch.append(1, null, new byte[100], List.of());
        }
        return batch.build();
    }

    /** The log behind a delivery is damaged: a consumer that still decodes the delivery must hear of it afterwards. */
    @Test
    void aProblemThatComesWhileADeliveryIsDecodedIsTold() throws Exception {
        ByteBuffer bytes = batch();
        MillraceException damage = new MillraceException(Fault.DATA_DAMAGED, "told by the broker");
        CyclicBarrier both = new CyclicBarrier(2);
        ExecutorService loop = Executors.newSingleThreadExecutor();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                FeedBuffer buffer = new FeedBuffer((partition, generation, count) -> {});
                int generation = buffer.add(PARTITION);
                buffer.onStarted(PARTITION, generation, 0, 2 * RECORDS);
                buffer.onDelivered(PARTITION, generation, new Chunk(PARTITION, bytes.duplicate()), 2 * RECORDS);
                long laterNanos = TimeUnit.MICROSECONDS.toNanos(round % 100);
                Future<?> told = loop.submit(() -> {
                    both.await();
                    long untilNanos = System.nanoTime() + laterNanos;
                    while (System.nanoTime() < untilNanos) {
                        Thread.onSpinWait();
                    }
                    buffer.onProblem(PARTITION, generation, damage);
                    return null;
                });
                List<MillraceException> problems = new ArrayList<>();
                both.await();
                poll(buffer, problems);
                told.get();
                poll(buffer, problems);
                assertThat(problems).as("round %d", round).contains(damage);
            }
        } finally {
            loop.shutdownNow();
        }
    }

    /** All that is not damaged is served: also what lay in front of the damage and was not asked for yet. */
    @Test
    void whatWasDeliveredBeforeAProblemComesBeforeIt() {
        FeedBuffer buffer = new FeedBuffer((partition, generation, count) -> {});
        int generation = buffer.add(PARTITION);
        buffer.onStarted(PARTITION, generation, 0, 2 * RECORDS);
        buffer.onDelivered(PARTITION, generation, new Chunk(PARTITION, batch()), 2 * RECORDS);
        buffer.onProblem(PARTITION, generation, new MillraceException(Fault.DATA_DAMAGED, "told by the broker"));

        List<MillraceException> problems = new ArrayList<>();
        assertThat(poll(buffer, problems)).hasSize(RECORDS);
        assertThat(problems).isEmpty();
        assertThat(poll(buffer, problems)).isEmpty();
        assertThat(poll(buffer, problems)).isEmpty();
        assertThat(problems).as("until it is sought").hasSize(2);
    }

    @Test
    void nothingIsHandedOutFromBehindWhatCannotBeDecoded() {
        FeedBuffer buffer = new FeedBuffer((partition, generation, count) -> {});
        int generation = buffer.add(PARTITION);
        buffer.onStarted(PARTITION, generation, 0, 3 * RECORDS);
        ByteBuffer damaged = batch();
        damaged.put(damaged.limit() - 1, (byte) 1);
        buffer.onDelivered(PARTITION, generation, new Chunk(PARTITION, damaged), 3 * RECORDS);
        buffer.onDelivered(PARTITION, generation, new Chunk(PARTITION, batch()), 3 * RECORDS);

        List<MillraceException> problems = new ArrayList<>();
        assertThat(poll(buffer, problems)).isEmpty();
        buffer.onDelivered(PARTITION, generation, new Chunk(PARTITION, batch()), 3 * RECORDS);
        assertThat(poll(buffer, problems)).isEmpty();
        assertThat(poll(buffer, problems)).isEmpty();
        assertThat(problems).extracting(MillraceException::fault).containsOnly(Fault.CORRUPT_BATCH);
    }

    private static List<ReceivedMessage> poll(FeedBuffer buffer, List<MillraceException> problems) {
        try {
            return buffer.poll(2 * RECORDS, 0, (partition, problem) -> {
                throw problem;
            });
        } catch (MillraceException problem) {
            problems.add(problem);
            return List.of();
        }
    }
}
