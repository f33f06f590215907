package dev.millrace.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.command.AllocateProducer;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CommitTransaction;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.InitTransactions;
import dev.millrace.core.command.ScheduleTimers;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.log.LogRead;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.Record;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.transaction.TransactionResult;
import dev.millrace.core.transaction.TransactionTable.Identity;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A shard with two topics, for tests of what is done together and of what is done later. */
final class TogetherWorld {
    static final UUID ORDERS = new UUID(7, 1);
    static final UUID AUDIT = new UUID(7, 2);

    final SimulatedShard shard = new SimulatedShard();
    long pendingMax = 1_000_000;
    private long scheduleSequence;
    private final long publisher;

    TogetherWorld() {
        ask(new CreateTopic(ORDERS, "orders", 2, new TreeMap<>(), 1000));
        ask(new CreateTopic(AUDIT, "audit", 1, new TreeMap<>(), 1000));
        publisher = this.<Long>ask(new AllocateProducer());
    }

    <T> CompletableFuture<T> submit(Command command) {
        return shard.runtime.submit(command);
    }

    /** The durable answer. */
    <T> T ask(Command command) {
        CompletableFuture<T> answer = submit(command);
        shard.runAndSync();
        return answer.join();
    }

    Fault refusal(Command command) {
        return refusalOf(command).fault();
    }

    FaultException refusalOf(Command command) {
        CompletableFuture<Object> answer = submit(command);
        shard.runAndSync();
        assertThat(answer).isCompletedExceptionally();
        return (FaultException) answer.handle((value, error) -> error).join();
    }

    Identity init(String id) {
        return ask(new InitTransactions(id, -1));
    }

    CommitTransaction transaction(String id, Identity identity, long sequence, Operation... operations) {
        return new CommitTransaction(
                id, identity.producerId(), identity.epoch(), sequence, List.of(operations), pendingMax);
    }

    static Operation.Append append(UUID topicId, int partition, String... values) {
        return new Operation.Append(topicId, partition, batch(values));
    }

    static ByteBuffer batch(String... values) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
        for (String value : values) {
            builder.append(1, null, value.getBytes(StandardCharsets.UTF_8), List.of());
        }
        return builder.build();
    }

    static NewTimer at(long atMs, String key, String value) {
        return new NewTimer(ORDERS, 0, atMs, -1, key, batch(value));
    }

    static NewTimer after(long delayMs, String key, String value) {
        return new NewTimer(ORDERS, 0, -1, delayMs, key, batch(value));
    }

    ScheduleTimers schedule(NewTimer... timers) {
        return new ScheduleTimers(publisher, scheduleSequence++, List.of(timers), pendingMax);
    }

    TransactionResult scheduled(NewTimer... timers) {
        return ask(schedule(timers));
    }

    /** Lets time go on, and the shard with it. */
    void passMs(long ms) {
        shard.nowMs += ms;
        shard.runAndSync();
    }

    PartitionLog log(UUID topicId, int partition) {
        Topic topic = shard.machine.directory().find(topicId);
        return shard.machine.logs().find(topic.partitionIds()[partition]);
    }

    List<Record> records(UUID topicId, int partition) {
        PartitionLog log = log(topicId, partition);
        List<Record> records = new ArrayList<>();
        for (long next = 0; next < log.durableEndOffset(); ) {
            LogRead.Batches read = (LogRead.Batches) readAt(log, next);
            for (RecordBatch batch : RecordBatch.in(read.batches())) {
                batch.records(1 << 20).forEach(records::add);
            }
            next = read.nextOffset();
            read.releaser().run();
        }
        return records;
    }

    private LogRead readAt(PartitionLog log, long offset) {
        LogRead cached = shard.reader.readCached(log, offset, 1 << 20);
        return cached instanceof LogRead.NotCached ? shard.reader.readStored(log, offset, 1 << 20) : cached;
    }

    List<String> values(UUID topicId, int partition) {
        return records(topicId, partition).stream()
                .map(record -> new String(record.value(), StandardCharsets.UTF_8))
                .toList();
    }
}
