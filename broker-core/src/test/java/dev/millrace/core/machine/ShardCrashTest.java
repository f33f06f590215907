package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.CommitOffsets;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.group.PartitionResult;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.topic.Topic;
import dev.millrace.testing.Seeds;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Random work with crashes, from a seed: what was acknowledged or shown is there afterwards, at the same offset, once. */
@Timeout(120)
class ShardCrashTest {
    private static final int SEEDS = 150;
    private static final int STEPS = 250;
    private static final int PARTITIONS = 3;

    @Test
    void whatWasAcknowledgedOrReadIsThereAfterEveryCrash() {
        long first = Seeds.first();
        for (long seed = first; seed < first + Seeds.count(SEEDS); seed++) {
            try {
                new World(seed).live();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("failed with -Dseed=" + seed, e);
            }
        }
    }

    @Test
    void afterAFailedSyncNothingIsAcknowledgedAnyMore() {
        SimulatedShard shard = new SimulatedShard();
        CompletableFuture<Topic> created = shard.runtime.submit(create());
        shard.runAndSync();
        Topic topic = created.join();
        CompletableFuture<AppendResult> append =
                shard.runtime.submit(new AppendRecords(topic.topicId(), 0, batch("a", null, 0)));
        shard.run();
        shard.store.failNextSync();
        shard.sync();
        assertThat(faultOf(append)).isEqualTo(Fault.STORAGE_FAILED);
        assertThat(shard.failure).isNotNull();
        CompletableFuture<AppendResult> later =
                shard.runtime.submit(new AppendRecords(topic.topicId(), 0, batch("b", null, 0)));
        shard.runAndSync();
        assertThat(faultOf(later)).isEqualTo(Fault.STORAGE_FAILED);
        assertThat(shard.machine.logs().find(topic.partitionIds()[0]).durableEndOffset())
                .isZero();
    }

    @Test
    void whatDidNotFitOnAFullDiskIsNeitherAcknowledgedNorShown() {
        SimulatedShard shard = new SimulatedShard();
        CompletableFuture<Topic> created = shard.runtime.submit(create());
        shard.runAndSync();
        Topic topic = created.join();
        shard.store.failCommitsWithDiskFull();
        CompletableFuture<AppendResult> append =
                shard.runtime.submit(new AppendRecords(topic.topicId(), 0, batch("a", null, 0)));
        shard.runAndSync();
        assertThat(faultOf(append)).isEqualTo(Fault.STORAGE_FAILED);
        assertThat(shard.failure).hasMessageContaining("no space");
        assertThat(shard.machine.logs().find(topic.partitionIds()[0]).durableEndOffset())
                .isZero();
    }

    @Test
    void recordsAreInvisibleUntilTheyAreSynced() {
        SimulatedShard shard = new SimulatedShard();
        CompletableFuture<Topic> created = shard.runtime.submit(create());
        shard.run();
        assertThat(shard.machine.directory().find("t")).isNull();
        shard.sync();
        Topic topic = created.join();
        CompletableFuture<AppendResult> append =
                shard.runtime.submit(new AppendRecords(topic.topicId(), 0, batch("a", null, 0)));
        shard.run();
        PartitionLog log = shard.machine.logs().find(topic.partitionIds()[0]);
        assertThat(append).isNotDone();
        assertThat(shard.reader.readCached(log, 0, 1000)).isInstanceOf(LogRead.AtEnd.class);
        shard.sync();
        assertThat(append.join().baseOffset()).isZero();
        assertThat(shard.reader.readCached(log, 0, 1000)).isInstanceOf(LogRead.Batches.class);
    }

    private static CreateTopic create() {
        return new CreateTopic(new UUID(7, 7), "t", PARTITIONS, new TreeMap<>(), 1000);
    }

    private static Fault faultOf(CompletableFuture<?> future) {
        assertThat(future).isCompletedExceptionally();
        return future.handle((value, error) -> ((FaultException) error).fault()).join();
    }

    private static ByteBuffer batch(String value, Long producerId, int sequence) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 128);
        builder.append(5, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        ByteBuffer built = builder.build();
        if (producerId != null) {
            RecordBatchBuilder.stampProducer(built, producerId, (short) 0, sequence);
        }
        return built;
    }

    /** One run: a shard, what its clients know, and the rules. */
    private static final class World {
        private final Random random;
        private final SimulatedShard shard = new SimulatedShard();
        private final Map<Integer, TreeMap<Long, String>> known = new HashMap<>();
        private final long[] committed = new long[PARTITIONS];
        private final long[] startAcknowledged = new long[PARTITIONS];
        private final long[] producerIds = new long[PARTITIONS];
        private final int[] sequences = new int[PARTITIONS];
        private final List<Sent> unanswered = new ArrayList<>();
        private Topic topic;
        private int valueCount;

        /** An append whose outcome the producer does not know yet. It sends it again until it knows. */
        private static final class Sent {
            final int partition;
            final int sequence;
            final String value;
            CompletableFuture<AppendResult> answer;

            Sent(int partition, int sequence, String value) {
                this.partition = partition;
                this.sequence = sequence;
                this.value = value;
            }
        }

        World(long seed) {
            random = new Random(seed);
        }

        void live() {
            CompletableFuture<Topic> created = shard.runtime.submit(create());
            shard.runAndSync();
            topic = created.join();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                known.put(partition, new TreeMap<>());
                CompletableFuture<Long> id = shard.runtime.submit(new AllocateProducer());
                shard.runAndSync();
                producerIds[partition] = id.join();
            }
            for (int step = 0; step < STEPS; step++) {
                step();
            }
            shard.runAndSync();
            takeAnswers();
            check();
        }

        private void step() {
            int dice = random.nextInt(100);
            int partition = random.nextInt(PARTITIONS);
            if (dice < 45) {
                publish(partition);
            } else if (dice < 65) {
                shard.run();
            } else if (dice < 80) {
                shard.sync();
                takeAnswers();
            } else if (dice < 85) {
                commit(partition);
            } else if (dice < 87) {
                deleteBefore(partition);
            } else if (dice < 89) {
                maintain();
            } else if (dice < 95) {
                check();
            } else {
                crash();
            }
        }

        /** Files go as in production: once the log starts that no longer need them are durable. */
        private void maintain() {
            CompletableFuture<List<GenerationRange>> unneeded =
                    shard.runtime.submit(new Maintain(-1, 4096, 1_000_000_000));
            MemoryStore store = shard.store;
            unneeded.thenAccept(store::dropGenerations);
            shard.nowMs += random.nextInt(100);
        }

        private void publish(int partition) {
            long inFlight = unanswered.stream()
                    .filter(sent -> sent.partition == partition)
                    .count();
            if (inFlight >= 5) {
                return;
            }
            Sent sent = new Sent(
                    partition, sequences[partition]++, "v" + valueCount++ + "-" + "x".repeat(random.nextInt(400)));
            unanswered.add(sent);
            send(sent);
        }

        private void send(Sent sent) {
            sent.answer = shard.runtime.submit(new AppendRecords(
                    topic.topicId(), sent.partition, batch(sent.value, producerIds[sent.partition], sent.sequence)));
        }

        private void takeAnswers() {
            unanswered.removeIf(sent -> {
                if (!sent.answer.isDone()) {
                    return false;
                }
                AppendResult result = sent.answer.join();
                String before = known.get(sent.partition).put(result.baseOffset(), sent.value);
                assertThat(before == null || before.equals(sent.value))
                        .as("offset %d held %s, now %s", result.baseOffset(), before, sent.value)
                        .isTrue();
                return true;
            });
        }

        private void commit(int partition) {
            long offset =
                    known.get(partition).isEmpty() ? 0 : known.get(partition).lastKey() + 1;
            CompletableFuture<List<PartitionResult>> answer = shard.runtime.submit(new CommitOffsets(
                    "g", "", 0, List.of(new CommitOffsets.Entry(topic.partitionIds()[partition], offset, -1, ""))));
            shard.runAndSync();
            takeAnswers();
            assertThat(answer.join().get(0).accepted()).isTrue();
            committed[partition] = Math.max(committed[partition], offset);
        }

        private void deleteBefore(int partition) {
            if (known.get(partition).isEmpty()) {
                return;
            }
            long offset = known.get(partition).firstKey() + random.nextInt(5);
            CompletableFuture<Long> answer = shard.runtime.submit(new DeleteBefore(topic.topicId(), partition, offset));
            shard.runAndSync();
            takeAnswers();
            if (!answer.isCompletedExceptionally()) {
                startAcknowledged[partition] = Math.max(startAcknowledged[partition], answer.join());
            }
        }

        /** The lights go out; then clients send again, in order, what they do not know the outcome of. */
        private void crash() {
            takeAnswers();
            shard.crash(random);
            unanswered.forEach(this::send);
            check();
        }

        /** Every rule, on what readers may see now. */
        private void check() {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                PartitionLog log = shard.machine.logs().find(topic.partitionIds()[partition]);
                TreeMap<Long, String> readable = readAll(log);
                assertThat(log.logStartOffset()).isGreaterThanOrEqualTo(startAcknowledged[partition]);
                Set<String> values = new HashSet<>(readable.values());
                assertThat(values).as("no value twice").hasSize(readable.size());
                TreeMap<Long, String> mine = known.get(partition);
                mine.headMap(log.logStartOffset()).clear();
                for (Map.Entry<Long, String> entry : mine.entrySet()) {
                    assertThat(readable.get(entry.getKey()))
                            .as("acknowledged or read at partition %d offset %d", partition, entry.getKey())
                            .isEqualTo(entry.getValue());
                }
                mine.putAll(readable);
                long stored = shard.machine
                        .groups()
                        .committed("g", topic.partitionIds()[partition])
                        .map(offset -> offset.offset())
                        .orElse(0L);
                assertThat(stored).as("committed").isGreaterThanOrEqualTo(committed[partition]);
            }
        }

        private TreeMap<Long, String> readAll(PartitionLog log) {
            TreeMap<Long, String> values = new TreeMap<>();
            long next = log.logStartOffset();
            while (true) {
                LogRead read = shard.reader.readCached(log, next, 2000);
                if (read instanceof LogRead.AtEnd) {
                    assertThat(values).as("dense").hasSize((int) (log.durableEndOffset() - log.logStartOffset()));
                    return values;
                }
                if (read instanceof LogRead.NotCached) {
                    read = shard.reader.readStored(log, next, 2000);
                }
                assertThat(read).isInstanceOf(LogRead.Batches.class);
                LogRead.Batches batches = (LogRead.Batches) read;
                for (RecordBatch batch : RecordBatch.in(batches.batches())) {
                    assertThat(batch.checksumValid()).isTrue();
                    for (Record record : batch.records(1 << 20)) {
                        if (record.offset() >= next) {
                            values.put(record.offset(), new String(record.value(), StandardCharsets.UTF_8));
                        }
                    }
                }
                next = batches.nextOffset();
                batches.releaser().run();
            }
        }
    }
}
