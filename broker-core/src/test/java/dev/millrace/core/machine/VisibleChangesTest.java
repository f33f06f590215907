package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.error.Fault;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.topic.Topic;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Readers see deletes, as they see records, once they are durable: what a crash may bring back is not gone before. */
class VisibleChangesTest {
    private final SimulatedShard shard = new SimulatedShard();
    private final Topic topic = create();

    private Topic create() {
        CompletableFuture<Topic> created =
                shard.runtime.submit(new CreateTopic(new UUID(7, 7), "t", 1, new TreeMap<>(), 1000));
        shard.runAndSync();
        return created.join();
    }

    private PartitionLog log() {
        return shard.machine.logs().find(topic.partitionIds()[0]);
    }

    private void submit(int valueBytes) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, valueBytes + 100);
        builder.append(5, null, new byte[valueBytes], List.of());
        shard.runtime.submit(new AppendRecords(topic.topicId(), 0, builder.build()));
    }

    private LogRead read(long offset) {
        LogRead stored = shard.reader.readStored(log(), offset, 1000);
        LogRead cached = shard.reader.readCached(log(), offset, 1000);
        if (!(cached instanceof LogRead.NotCached)) {
            assertThat(cached).hasSameClassAs(stored);
        }
        return stored;
    }

    @Test
    void deletedRecordsStayReadableUntilTheDeleteIsSynced() {
        for (int i = 0; i < 3; i++) {
            submit(20);
            shard.runAndSync();
        }
        CompletableFuture<Long> deleted = shard.runtime.submit(new DeleteBefore(topic.topicId(), 0, 2));
        shard.run();
        assertThat(log().logStartOffset()).isZero();
        assertThat(read(0)).isInstanceOf(LogRead.Batches.class);
        shard.sync();
        assertThat(deleted.join()).isEqualTo(2);
        assertThat(log().logStartOffset()).isEqualTo(2);
        assertThat(shard.reader.readCached(log(), 1, 1000))
                .isInstanceOfSatisfying(
                        LogRead.Refused.class,
                        refused -> assertThat(refused.refusal().fault()).isEqualTo(Fault.OFFSET_OUT_OF_RANGE));
        assertThat(read(2)).isInstanceOf(LogRead.Batches.class);
    }

    @Test
    void retentionThatOvertakesTheSyncNeverShowsAStartPastTheEnd() {
        submit(2000);
        shard.runAndSync();
        submit(2000);
        submit(2000);
        shard.run();
        shard.runtime.submit(new Maintain(-1, 1024, 1_000_000));
        submit(2000);
        shard.run();
        shard.runtime.submit(new Maintain(-1, 1024, 1_000_000));
        shard.run();
        assertThat(log().startOffset()).as("as applied").isPositive();
        assertThat(log().logStartOffset()).isZero();
        assertThat(log().durableEndOffset()).isEqualTo(1);
        shard.sync();
        assertThat(log().logStartOffset())
                .isEqualTo(log().startOffset())
                .isPositive()
                .isLessThan(4);
        assertThat(log().durableEndOffset()).isEqualTo(4);
    }

    @Test
    void recordsGoOnBehindAStartThatIsNotYetDurable() {
        submit(20);
        shard.runAndSync();
        shard.runtime.submit(new DeleteBefore(topic.topicId(), 0, 1));
        shard.run();
        submit(20);
        shard.run();
        shard.runtime.submit(new DeleteBefore(topic.topicId(), 0, 1));
        shard.run();
        assertThat(read(0)).isInstanceOf(LogRead.Batches.class);
        shard.sync();
        assertThat(read(1)).isInstanceOf(LogRead.Batches.class);
        long bytes = log().bytes();
        shard.crash(new Random(1));
        assertThat(read(1)).isInstanceOf(LogRead.Batches.class);
        assertThat(log().logStartOffset()).isEqualTo(1);
        assertThat(log().bytes()).isEqualTo(bytes);
    }

    @Test
    void aDeletedTopicStaysReadableUntilTheDeleteIsSynced() {
        submit(20);
        shard.runAndSync();
        PartitionLog log = log();
        boolean[] woken = {false};
        log.onAppend(1, () -> woken[0] = true);
        shard.runtime.submit(new DeleteTopic("t"));
        shard.run();
        assertThat(log()).isSameAs(log);
        assertThat(read(0)).isInstanceOf(LogRead.Batches.class);
        assertThat(woken[0]).isFalse();
        shard.sync();
        assertThat(log()).isNull();
        assertThat(woken[0]).isTrue();
        assertThat(shard.reader.readCached(log, 0, 1000))
                .isInstanceOfSatisfying(
                        LogRead.Refused.class,
                        refused -> assertThat(refused.refusal().fault()).isEqualTo(Fault.TOPIC_NOT_FOUND));
    }
}
