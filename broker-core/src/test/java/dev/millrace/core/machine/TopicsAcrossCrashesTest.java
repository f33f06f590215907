package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.topic.Topic;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a crash may and may not change about topics. */
class TopicsAcrossCrashesTest {
    private final SimulatedShard shard = new SimulatedShard();

    private Topic create(long id) {
        CompletableFuture<Topic> created =
                shard.runtime.submit(new CreateTopic(new UUID(0, id), "t", 1, new TreeMap<>(), 1000));
        shard.runAndSync();
        return created.join();
    }

    private void publish(Topic topic) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 100);
        builder.append(5, null, new byte[] {1}, List.of());
        shard.runtime.submit(new AppendRecords(topic.topicId(), 0, builder.build()));
        shard.runAndSync();
    }

    private void delete() {
        CompletableFuture<Topic> deleted = shard.runtime.submit(new DeleteTopic("t"));
        shard.runAndSync();
        assertThat(deleted).isCompleted();
    }

    private void crash() {
        shard.crash(new Random(1));
    }

    @Test
    void aDeletedTopicStaysDeleted() {
        publish(create(1));
        delete();
        assertThat(shard.machine.directory().find("t")).isNull();
        crash();
        assertThat(shard.machine.directory().find("t")).isNull();
        assertThat(shard.machine.directory().all()).isEmpty();
    }

    @Test
    void aDeletedTopicsLogIsNeverGivenToAnother() {
        Topic first = create(1);
        publish(first);
        delete();
        crash();
        Topic second = create(2);
        assertThat(second.partitionIds()).doesNotContain(first.partitionIds());
        assertThat(shard.machine.logs().find(second.partitionIds()[0]).endOffset())
                .isZero();
    }

    @Test
    void aTopicThatWasAcknowledgedKeepsItsLog() {
        Topic topic = create(1);
        publish(topic);
        crash();
        Topic found = shard.machine.directory().find("t");
        assertThat(found.topicId()).isEqualTo(topic.topicId());
        assertThat(found.partitionIds()).isEqualTo(topic.partitionIds());
        assertThat(shard.machine.logs().find(found.partitionIds()[0]).endOffset())
                .isEqualTo(1);
    }
}
