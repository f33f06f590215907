package dev.millrace.core.machine;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.producer.ProducerState;
import dev.millrace.core.producer.ProducerTable;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.StreamTarget;
import dev.millrace.core.stream.Streams;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/** Appends batches: finds the log, asks the producer table, and lets the log give out offsets. Thread: shard. */
final class RecordAppender {
    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final ProducerTable producers;
    private final Streams streams;
    private final StreamCommands targets;

    RecordAppender(
            TopicCatalog catalog,
            PartitionLogs logs,
            ProducerTable producers,
            Streams streams,
            StreamCommands targets) {
        this.streams = streams;
        this.targets = targets;
        this.catalog = catalog;
        this.logs = logs;
        this.producers = producers;
    }

    /** An {@link AppendResult}, or a {@link Refusal}. */
    Object append(AppendRecords append, long nowMs, WriteSink sink) {
        Topic topic = catalog.find(append.topicId());
        if (topic == null || !topic.hasPartition(append.partition())) {
            return noSuchPartition(topic, append.topicId(), append.partition());
        }
        int partitionId = topic.partitionIds()[append.partition()];
        PartitionLog log = logs.find(partitionId);
        RecordBatch first = RecordBatch.at(append.batches(), append.batches().position());
        boolean alone = first.sizeBytes() == append.batches().remaining();
        if (!alone && anyIdempotent(append)) {
            return Refusal.of(Fault.INVALID_REQUEST, "an idempotent append holds exactly one batch, this one more");
        }
        StreamTarget target = topic.settings().indexed() ? targets.target(topic, append.partition()) : null;
        return first.idempotent()
                ? appendOnce(log, target, first, append.batches(), nowMs, sink)
                : write(log, target, append.batches(), nowMs, sink);
    }

    /** @param target of a topic that keeps streams, else null */
    private Object write(PartitionLog log, StreamTarget target, ByteBuffer batches, long nowMs, WriteSink sink) {
        if (target == null) {
            return new AppendResult(logs.append(log, batches, nowMs, sink), nowMs, false);
        }
        Object outcome = streams.append(target, batches, List.of(), null, nowMs, sink);
        return outcome instanceof AppendOutcome.Written written
                ? new AppendResult(written.firstOffset(), written.appendTimeMs(), written.duplicate())
                : outcome;
    }

    private static boolean anyIdempotent(AppendRecords append) {
        for (RecordBatch batch : RecordBatch.in(append.batches())) {
            if (batch.idempotent()) {
                return true;
            }
        }
        return false;
    }

    private Object appendOnce(
            PartitionLog log, StreamTarget target, RecordBatch batch, ByteBuffer batches, long nowMs, WriteSink sink) {
        ProducerTable.Verdict verdict = producers.check(
                log.partitionId(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence(),
                batch.recordCount());
        if (verdict instanceof ProducerTable.Verdict.Refused refused) {
            return refused.refusal();
        }
        if (verdict instanceof ProducerTable.Verdict.Duplicate duplicate) {
            return new AppendResult(duplicate.baseOffset(), duplicate.appendTimeMs(), true);
        }
        Object written = write(log, target, batches, nowMs, sink);
        if (!(written instanceof AppendResult result)) {
            return written;
        }
        producers.appended(
                log.partitionId(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence(),
                new ProducerState.Appended(batch.recordCount(), result.baseOffset(), result.appendTimeMs()));
        return result;
    }

    static Refusal noSuchPartition(Topic topic, UUID topicId, int partition) {
        return topic == null
                ? Refusal.of(Fault.TOPIC_NOT_FOUND, "topic id %s does not exist", topicId)
                : Refusal.of(
                        Fault.PARTITION_NOT_FOUND,
                        "topic \"%s\" has partitions 0 to %d, not %d",
                        topic.name(),
                        topic.partitionCount() - 1,
                        partition);
    }
}
