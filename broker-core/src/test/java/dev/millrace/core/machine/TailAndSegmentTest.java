package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.topic.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the tail cache costs when readers are slow, and what a log forgets when records are deleted. */
class TailAndSegmentTest {
    /** The cache of a {@link SimulatedShard}. */
    private static final long CACHE_BYTES = 256 << 10;

    private final SimulatedShard shard = new SimulatedShard();
    private final Topic topic = create("t", new UUID(7, 7));

    private Topic create(String name, UUID topicId) {
        CompletableFuture<Topic> created =
                shard.runtime.submit(new CreateTopic(topicId, name, 1, new TreeMap<>(), 1000));
        shard.runAndSync();
        return created.join();
    }

    private PartitionLog log() {
        return shard.machine.logs().find(topic.partitionIds()[0]);
    }

    private void submit(int number, int valueBytes) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, valueBytes + 100);
        byte[] value = new byte[valueBytes];
        value[0] = (byte) number;
        builder.append(5, null, value, List.of());
        shard.runtime.submit(new AppendRecords(topic.topicId(), 0, builder.build()));
    }

    @Test
    void aSmallReadKeepsLittleMemory() {
        for (int i = 0; i < 3; i++) {
            submit(i, 1_000);
            shard.runAndSync();
        }
        LogRead.Batches cached = (LogRead.Batches) shard.reader.readCached(log(), 0, 1);
        LogRead.Batches stored = (LogRead.Batches) shard.reader.readStored(log(), 0, 1);
        assertThat(cached.batches().capacity()).isLessThan(2_000);
        assertThat(stored.batches().capacity()).isLessThan(2_000);
    }

    @Test
    void slowReadersOfTheTailCostBoundedMemory() {
        List<LogRead.Batches> held = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            submit(i, 20_000);
            shard.runAndSync();
            held.add((LogRead.Batches) shard.reader.readCached(log(), i, 100_000));
            assertThat(shard.machine.logs().tailCacheBytes()).isLessThanOrEqualTo(4 * CACHE_BYTES);
        }
        for (int i = 0; i < held.size(); i++) {
            Record record = RecordBatch.in(held.get(i).batches())
                    .iterator()
                    .next()
                    .records(1)
                    .iterator()
                    .next();
            assertThat(record.offset()).isEqualTo(i);
            assertThat(record.value()[0]).isEqualTo((byte) i);
            held.get(i).releaser().run();
        }
        assertThat(shard.machine.logs().tailCacheBytes()).isLessThanOrEqualTo(CACHE_BYTES);
    }

    @Test
    void aLogHoldsOnlyTheGenerationsThatItWroteInto() {
        submit(1, 100);
        shard.runAndSync();
        Topic other = create("other", new UUID(8, 8));
        int first = shard.machine.generation();
        while (shard.machine.generation() < first + 3) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 1100);
            builder.append(5, null, new byte[1000], List.of());
            shard.runtime.submit(new AppendRecords(other.topicId(), 0, builder.build()));
            shard.runAndSync();
        }
        shard.runtime.submit(new DeleteBefore(
                other.topicId(),
                0,
                shard.machine.logs().find(other.partitionIds()[0]).endOffset()));
        assertThat(unneeded())
                .containsExactly(new GenerationRange(0, first), new GenerationRange(first + 1, first + 3));
        shard.crash(new Random(1));
        assertThat(unneeded())
                .containsExactly(
                        new GenerationRange(0, first), new GenerationRange(first + 1, shard.machine.generation()));
        shard.runtime.submit(new DeleteTopic("t"));
        assertThat(unneeded()).containsExactly(new GenerationRange(0, shard.machine.generation()));
    }

    private List<GenerationRange> unneeded() {
        CompletableFuture<List<GenerationRange>> answer = shard.runtime.submit(new Maintain(-1, -1, 1_000_000));
        shard.runAndSync();
        return answer.join();
    }

    @Test
    void recordsDeletedInTheCommitThatAppendedThemHoldNoGeneration() {
        submit(1, 100);
        shard.runtime.submit(new DeleteBefore(topic.topicId(), 0, 1));
        shard.runAndSync();
        assertThat(log().logStartOffset()).isEqualTo(1);
        assertThat(unneeded()).containsExactly(new GenerationRange(0, shard.machine.generation()));
        assertThat(log().bytes()).isZero();
        submit(2, 100);
        shard.runAndSync();
        assertThat(log().durableEndOffset()).isEqualTo(2);
    }
}
