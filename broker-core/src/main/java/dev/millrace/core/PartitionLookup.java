package dev.millrace.core;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.machine.TopicDirectory;
import dev.millrace.core.topic.Topic;

/** Finds logs by topic and partition, and back. Thread: any. */
record PartitionLookup(TopicDirectory directory, PartitionLogs logs) {
    /** Fails: FaultException TOPIC_NOT_FOUND or PARTITION_NOT_FOUND. */
    PartitionLog log(TopicPartition partition) {
        PartitionLog log = logs.find(partitionId(partition));
        if (log == null) {
            throw new FaultException(Fault.TOPIC_NOT_FOUND, "topic id " + partition.topicId() + " was deleted");
        }
        return log;
    }

    /** Fails: FaultException TOPIC_NOT_FOUND or PARTITION_NOT_FOUND. */
    int partitionId(TopicPartition partition) {
        return partitionId(topic(partition), partition);
    }

    /** In its topic. Fails: FaultException PARTITION_NOT_FOUND. */
    static int partitionId(Topic topic, TopicPartition partition) {
        if (!topic.hasPartition(partition.partition())) {
            throw new FaultException(
                    Fault.PARTITION_NOT_FOUND,
                    "topic \"" + topic.name() + "\" has partitions 0 to " + (topic.partitionCount() - 1) + ", not "
                            + partition.partition());
        }
        return topic.partitionIds()[partition.partition()];
    }

    /** Fails: FaultException TOPIC_NOT_FOUND. */
    Topic topic(TopicPartition partition) {
        Topic topic = directory.find(partition.topicId());
        if (topic == null) {
            throw new FaultException(Fault.TOPIC_NOT_FOUND, "topic id " + partition.topicId() + " does not exist");
        }
        return topic;
    }

    /** The partition with this log id, or null where it is gone. */
    TopicPartition partitionOf(int partitionId) {
        TopicDirectory.Place place = directory.placeOf(partitionId);
        return place == null ? null : new TopicPartition(place.topic().topicId(), place.partition());
    }
}
