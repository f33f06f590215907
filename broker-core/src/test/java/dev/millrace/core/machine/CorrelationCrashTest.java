package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.Command;
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
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicSettings;
import dev.millrace.core.trace.CorrelationIndex;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The correlation index on a disk that loses what was not synced: whatever the log holds after a crash, the index names just
 * that.
 */
class CorrelationCrashTest {
    private static final int RUNS = 30;
    private static final int STEPS = 300;
    private static final int IDS = 5;
    private static final String TOPIC = "t";

    private final SimulatedShard shard = new SimulatedShard();
    /** From which offset on each log was indexed without a break. */
    private final Map<Integer, Long> indexedFrom = new HashMap<>();

    private Random random = new Random(1);
    private int topicCount;

    @Test
    void whateverSurvivesACrashIsFoundAndNothingElse() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(RUNS); seed++) {
            try {
                CorrelationCrashTest world = new CorrelationCrashTest();
                world.random = new Random(seed);
                world.live();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("repeat with -Dseed=" + seed + ": " + e.getMessage(), e);
            }
        }
    }

    private void live() {
        for (int step = 0; step < STEPS; step++) {
            Topic topic = shard.machine.directory().find(TOPIC);
            if (topic == null) {
                durably(new CreateTopic(new UUID(9, topicCount++), TOPIC, 2, settings("on"), 1000));
                continue;
            }
            act(topic);
            if (random.nextInt(3) == 0) {
                shard.sync();
                check();
            }
            if (random.nextInt(15) == 0) {
                shard.crash(random);
                check();
            }
        }
    }

    private void act(Topic topic) {
        int partition = random.nextInt(2);
        PartitionLog log = shard.machine.logs().find(topic.partitionIds()[partition]);
        switch (random.nextInt(30)) {
            case 0 -> {
                long end = log.durableEndOffset();
                long start = log.logStartOffset();
                long before = start + random.nextInt((int) (end - start) + 1);
                durably(new DeleteBefore(topic.topicId(), partition, before));
            }
            case 1 -> durably(new Maintain(-1, 2_000, -1));
            case 2 -> durably(new DeleteTopic(TOPIC));
            case 3 -> switchOffAndOn(topic);
            default -> submit(new AppendRecords(topic.topicId(), partition, batch()));
        }
    }

    private void switchOffAndOn(Topic topic) {
        durably(new AlterTopic(TOPIC, 0, settings("off"), 1000));
        submit(new AppendRecords(topic.topicId(), 0, batch()));
        shard.sync();
        durably(new AlterTopic(TOPIC, 0, settings("on"), 1000));
        for (int partitionId : topic.partitionIds()) {
            indexedFrom.put(partitionId, shard.machine.logs().find(partitionId).durableEndOffset());
        }
    }

    private static TreeMap<String, String> settings(String index) {
        return new TreeMap<>(Map.of(TopicSettings.CORRELATION_INDEX, index));
    }

    private void submit(Command command) {
        shard.runtime.submit(command);
        shard.run();
    }

    private void durably(Command command) {
        submit(command);
        shard.sync();
    }

    private ByteBuffer batch() {
        Compression compression = random.nextInt(4) == 0 ? Compression.GZIP : Compression.NONE;
        RecordBatchBuilder builder = new RecordBatchBuilder(compression, 256);
        for (int i = random.nextInt(5); i >= 0; i--) {
            byte[] id = ("c" + random.nextInt(IDS)).getBytes(StandardCharsets.UTF_8);
            List<RecordHeader> headers =
                    random.nextInt(5) == 0 ? List.of() : List.of(new RecordHeader("$correlation", id));
            builder.append(1, null, new byte[random.nextInt(200)], headers);
        }
        return builder.build();
    }

    // ---- the judge

    private void check() {
        Topic topic = shard.machine.directory().find(TOPIC);
        if (topic == null) {
            return;
        }
        for (int partitionId : topic.partitionIds()) {
            PartitionLog log = shard.machine.logs().find(partitionId);
            long from = Math.max(log.logStartOffset(), indexedFrom.getOrDefault(partitionId, 0L));
            Map<String, List<Long>> held = held(log, from);
            for (int number = 0; number < IDS; number++) {
                String id = "c" + number;
                List<Long> found = shard.machine
                        .correlations()
                        .find(partitionId, id, log.logStartOffset(), log.durableEndOffset(), Integer.MAX_VALUE);
                assertThat(found).as("offsets of %s", id).isEqualTo(held.getOrDefault(id, List.of()));
            }
        }
    }

    private Map<String, List<Long>> held(PartitionLog log, long from) {
        Map<String, List<Long>> held = new HashMap<>();
        long next = from;
        while (next < log.durableEndOffset()) {
            LogRead.Batches read = (LogRead.Batches) shard.reader.readStored(log, next, 1 << 20);
            for (RecordBatch batch : RecordBatch.in(read.batches())) {
                for (Record record : batch.records(1 << 20)) {
                    if (record.offset() >= from && record.offset() < log.durableEndOffset()) {
                        CorrelationIndex.idsIn(record.headers())
                                .forEach(id -> held.computeIfAbsent(id, key -> new ArrayList<>())
                                        .add(record.offset()));
                    }
                }
            }
            next = read.nextOffset();
            read.releaser().run();
        }
        return held;
    }
}
