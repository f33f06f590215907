package dev.millrace.core.machine;

import dev.millrace.core.command.FireTimers;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordCursor;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.AppendOutcome;
import dev.millrace.core.stream.Streams;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.timer.TimerTable;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Appends records whose time has come. They leave the table and enter their partitions in one commit, so each does so
 * once, whenever the power fails. Thread: shard.
 */
final class TimerFirer {
    /** The header that says when the record was due: ms since 1970 as eight bytes. */
    static final String DUE_HEADER = "$due";

    private static final int BATCH_BYTES_MAX = 256 << 10;
    private static final int BUILDER_BYTES = 4 << 10;

    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final TimerTable timers;
    private final Streams streams;
    private final StreamCommands targets;

    /** Records on their way into one partition. */
    private record Waiting(Topic topic, RecordBatchBuilder records) {}

    TimerFirer(TopicCatalog catalog, PartitionLogs logs, TimerTable timers, Streams streams, StreamCommands targets) {
        this.catalog = catalog;
        this.logs = logs;
        this.timers = timers;
        this.streams = streams;
        this.targets = targets;
    }

    /** What was fired, and with null as topic what was dropped: its topic is gone, or its stream refuses it. */
    List<FiredTimer> fire(FireTimers fire, Stamp stamp, WriteSink sink) {
        List<FiredTimer> fired = new ArrayList<>();
        Map<Integer, Waiting> waiting = new LinkedHashMap<>();
        for (TimerTable.Due due : timers.takeDue(stamp.dueMs(), fire.countMax(), fire.bytesMax(), sink)) {
            Topic topic = catalog.find(due.topicId());
            boolean goes = topic != null;
            if (goes && topic.settings().indexed()) {
                goes = appendEvent(topic, due, stamp.nowMs(), sink);
            } else if (goes) {
                add(topic, due, waiting, stamp.nowMs(), sink);
            }
            fired.add(new FiredTimer(goes ? topic.name() : null, due.batch().remaining(), due.dueMs()));
        }
        waiting.forEach((partitionId, records) -> append(partitionId, records, stamp.nowMs(), sink));
        return fired;
    }

    private void add(Topic topic, TimerTable.Due due, Map<Integer, Waiting> waiting, long nowMs, WriteSink sink) {
        int partitionId = topic.partitionIds()[due.partition()];
        Waiting of = waiting.computeIfAbsent(
                partitionId, id -> new Waiting(topic, new RecordBatchBuilder(Compression.NONE, BUILDER_BYTES)));
        if (of.records.recordCount() > 0 && of.records.sizeBytes() + due.batch().remaining() > BATCH_BYTES_MAX) {
            append(partitionId, of, nowMs, sink);
        }
        addRecord(of.records, due);
    }

    /** Alone: a stream that refuses its event keeps no other from being appended. */
    private boolean appendEvent(Topic topic, TimerTable.Due due, long nowMs, WriteSink sink) {
        RecordBatchBuilder event =
                new RecordBatchBuilder(Compression.NONE, due.batch().remaining() + 64);
        addRecord(event, due);
        ByteBuffer batch = EventBatches.withPlaceForVersion(event.build(), Integer.MAX_VALUE);
        Object outcome = streams.append(targets.target(topic, due.partition()), batch, List.of(), null, nowMs, sink);
        return outcome instanceof AppendOutcome.Written;
    }

    private static void addRecord(RecordBatchBuilder to, TimerTable.Due due) {
        RecordCursor record =
                RecordBatch.at(due.batch(), due.batch().position()).cursor(Integer.MAX_VALUE);
        record.next();
        List<RecordHeader> headers = new ArrayList<>(record.headers());
        headers.add(new RecordHeader(
                DUE_HEADER, ByteBuffer.allocate(Long.BYTES).putLong(due.dueMs()).array()));
        to.append(record.timestampMs(), record.key(), record.value(), headers);
    }

    private void append(int partitionId, Waiting waiting, long nowMs, WriteSink sink) {
        logs.append(logs.find(partitionId), waiting.records.build(), nowMs, sink);
        waiting.records.reset();
    }
}
