package dev.millrace.core.machine;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.AppendWithIds;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.producer.ProducerState;
import dev.millrace.core.producer.ProducerTable;
import dev.millrace.core.producer.PublishedIds;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.StreamTarget;
import dev.millrace.core.stream.Streams;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Appends batches: finds the log, asks the producer table, and lets the log give out offsets. Thread: shard. */
final class RecordAppender {
    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final ProducerTable producers;
    private final PublishedIds ids;
    private final Streams streams;
    private final StreamCommands targets;

    RecordAppender(
            TopicCatalog catalog,
            PartitionLogs logs,
            ProducerTable producers,
            PublishedIds ids,
            Streams streams,
            StreamCommands targets) {
        this.ids = ids;
        this.streams = streams;
        this.targets = targets;
        this.catalog = catalog;
        this.logs = logs;
        this.producers = producers;
    }

    /** An {@link AppendResult}, or a {@link Refusal}. */
    Object append(AppendRecords append, long nowMs, WriteSink sink) {
        return append(append, List.of(), nowMs, sink);
    }

    /** As without ids, but records that were appended before, by their ids, are answered with their first offsets. */
    Object append(AppendWithIds append, long nowMs, WriteSink sink) {
        return append(append.append(), append.ids(), nowMs, sink);
    }

    private Object append(AppendRecords append, List<String> ids, long nowMs, WriteSink sink) {
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
        Batch batch = new Batch(
                log,
                topic.settings().indexed() ? targets.target(topic, append.partition()) : null,
                append.batches(),
                ids,
                topic.settings().publishIdWindowMs());
        return first.idempotent() ? appendOnce(batch, first, nowMs, sink) : appendNew(batch, nowMs, sink);
    }

    /**
     * What is to be appended.
     *
     * @param target of a topic that keeps streams, else null
     * @param idWindowMs negative where the topic does not look at ids
     */
    private record Batch(PartitionLog log, StreamTarget target, ByteBuffer batches, List<String> ids, long idWindowMs) {
        boolean hasIds() {
            return idWindowMs > 0 && !ids.isEmpty();
        }
    }

    /** An {@link AppendResult}, or a {@link Refusal} where only some of its records were appended before. */
    private Object appendNew(Batch batch, long nowMs, WriteSink sink) {
        if (batch.target != null) {
            Object outcome = streams.append(batch.target, batch.batches, List.of(), null, nowMs, sink);
            return outcome instanceof AppendOutcome.Written written
                    ? new AppendResult(written.firstOffset(), written.appendTimeMs(), written.duplicate())
                    : outcome;
        }
        if (!batch.hasIds()) {
            return new AppendResult(logs.append(batch.log, batch.batches, nowMs, sink), nowMs, false);
        }
        int partitionId = batch.log.partitionId();
        int knownCount = 0;
        int brokenAt = -1;
        PublishedIds.Entry first = null;
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < batch.ids.size(); i++) {
            String id = batch.ids.get(i);
            PublishedIds.Entry known = id.isEmpty() ? null : ids.find(partitionId, id, nowMs, batch.idWindowMs);
            boolean repeated = !id.isEmpty() && !seen.add(id);
            first = i == 0 ? known : first;
            knownCount += known == null ? 0 : 1;
            boolean inLine = known != null && first != null && known.offset() == first.offset() + i;
            if (repeated || known != null != inLine) {
                brokenAt = i;
            }
        }
        if (knownCount == 0 && brokenAt < 0) {
            long baseOffset = logs.append(batch.log, batch.batches, nowMs, sink);
            for (int i = 0; i < batch.ids.size(); i++) {
                if (!batch.ids.get(i).isEmpty()) {
                    ids.appended(partitionId, batch.ids.get(i), new PublishedIds.Entry(baseOffset + i, nowMs), sink);
                }
            }
            return new AppendResult(baseOffset, nowMs, false);
        }
        return knownCount == batch.ids.size() && brokenAt < 0
                ? new AppendResult(first.offset(), first.appendMs(), true)
                : Refusal.of(
                        Fault.PARTLY_PUBLISHED,
                        "%d of the %d records of this batch have ids that were published before, or twice in it",
                        Math.max(1, knownCount),
                        batch.ids.size());
    }

    private static boolean anyIdempotent(AppendRecords append) {
        for (RecordBatch batch : RecordBatch.in(append.batches())) {
            if (batch.idempotent()) {
                return true;
            }
        }
        return false;
    }

    private Object appendOnce(Batch append, RecordBatch batch, long nowMs, WriteSink sink) {
        int partitionId = append.log.partitionId();
        ProducerTable.Verdict verdict = producers.check(
                partitionId, batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.recordCount());
        if (verdict instanceof ProducerTable.Verdict.Refused refused) {
            return refused.refusal();
        }
        if (verdict instanceof ProducerTable.Verdict.Duplicate duplicate) {
            return new AppendResult(duplicate.baseOffset(), duplicate.appendTimeMs(), true);
        }
        Object answer = appendNew(append, nowMs, sink);
        if (answer instanceof AppendResult result) {
            // Also where its ids were known: the producer goes on after it.
            producers.appended(
                    partitionId,
                    batch.producerId(),
                    batch.producerEpoch(),
                    batch.baseSequence(),
                    new ProducerState.Appended(batch.recordCount(), result.baseOffset(), result.appendTimeMs()));
        }
        return answer;
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
