package dev.millrace.core.machine;

import dev.millrace.core.command.AppendEvents;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.ConfirmErased;
import dev.millrace.core.command.DeleteStream;
import dev.millrace.core.command.EraseEvents;
import dev.millrace.core.command.LimitStream;
import dev.millrace.core.command.PutSnapshot;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.StreamChanges;
import dev.millrace.core.stream.StreamTarget;
import dev.millrace.core.stream.Streams;
import dev.millrace.core.topic.Topic;
import dev.millrace.core.topic.TopicCatalog;
import dev.millrace.core.topic.TopicSettings;
import java.util.UUID;

/** Commands of event streams: finds the topic, and hands them on. Thread: shard. */
final class StreamCommands {
    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final Streams streams;

    StreamCommands(TopicCatalog catalog, PartitionLogs logs, Streams streams) {
        this.catalog = catalog;
        this.logs = logs;
        this.streams = streams;
    }

    /** The answer, or null where the command is none of streams. */
    Object apply(Command command, long nowMs, WriteSink sink) {
        StreamChanges changes = streams.changes();
        if (command instanceof AppendEvents append) {
            return at(
                    append.topicId(),
                    append.partition(),
                    target ->
                            streams.append(target, append.events(), append.checks(), append.condition(), nowMs, sink));
        } else if (command instanceof LimitStream limit) {
            return at(limit.topicId(), limit.partition(), target -> changes.limit(target, limit));
        } else if (command instanceof DeleteStream delete) {
            return at(delete.topicId(), delete.partition(), target -> changes.delete(target, delete, sink));
        } else if (command instanceof PutSnapshot put) {
            return at(put.topicId(), put.partition(), target -> changes.putSnapshot(target, put, nowMs, sink));
        } else if (command instanceof EraseEvents erase) {
            return at(erase.topicId(), erase.partition(), target -> changes.erase(target, erase, nowMs, sink));
        } else if (command instanceof ConfirmErased confirm) {
            return at(
                    confirm.topicId(),
                    confirm.partition(),
                    target -> changes.confirmErased(target, confirm, nowMs, sink));
        }
        return null;
    }

    @FunctionalInterface
    private interface Work {
        Object on(StreamTarget target);
    }

    private Object at(UUID topicId, int partition, Work work) {
        Topic topic = catalog.find(topicId);
        if (topic == null || !topic.hasPartition(partition)) {
            return RecordAppender.noSuchPartition(topic, topicId, partition);
        }
        if (!topic.settings().indexed()) {
            return disabled(topic);
        }
        try {
            return work.on(target(topic, partition));
        } catch (StoreException damaged) {
            // Each change reads before it writes.
            return Refusal.of(
                    Fault.DATA_DAMAGED, "topic \"%s\" partition %d: %s", topic.name(), partition, damaged.getMessage());
        }
    }

    static Refusal disabled(Topic topic) {
        return Refusal.of(
                Fault.INDEX_DISABLED,
                "topic \"%s\" keeps no streams: its setting %s is none",
                topic.name(),
                TopicSettings.STREAM_INDEX);
    }

    StreamTarget target(Topic topic, int partition) {
        return new StreamTarget(
                topic.name(),
                logs.find(topic.partitionIds()[partition]),
                topic.settings().indexesTags(),
                topic.settings().idWindowMs());
    }
}
