package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.LogOperations.Bounds;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.Frame;
import dev.millrace.core.wire.Frames;
import dev.millrace.core.wire.Property;
import dev.millrace.core.wire.TopicFrames;
import dev.millrace.core.wire.TopicFrames.PartitionInfo;
import dev.millrace.core.wire.TopicFrames.TopicInfo;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Translates the frames of topics and their logs to calls of the broker and back. Thread: any. */
final class TopicRequests {
    private final Broker broker;
    private final StartOffsets startOffsets;

    TopicRequests(Broker broker) {
        this.broker = broker;
        this.startOffsets = new StartOffsets(broker.logs());
    }

    CompletableFuture<Frame> create(TopicFrames.CreateTopic request) {
        return broker.topics()
                .create(request.name(), request.partitions(), settings(request.settings()))
                .thenApply(topic -> new TopicFrames.Topic(describe(topic)));
    }

    CompletableFuture<Frame> alter(TopicFrames.AlterTopic request) {
        return broker.topics()
                .alter(request.name(), request.partitions(), settings(request.settings()))
                .thenApply(topic -> new TopicFrames.Topic(describe(topic)));
    }

    CompletableFuture<Frame> delete(TopicFrames.DeleteTopic request) {
        return broker.topics().delete(request.name()).thenApply(done -> new Frames.Done());
    }

    Frame list(TopicFrames.ListTopics request) {
        List<TopicInfo> found = new ArrayList<>();
        for (Topic topic : broker.topics().list(request.pattern())) {
            try {
                found.add(describe(topic));
            } catch (FaultException gone) {
                // Deleted since it was listed: then it is not in the list.
                if (gone.fault() != Fault.TOPIC_NOT_FOUND) {
                    throw gone;
                }
            }
        }
        return new TopicFrames.Topics(found);
    }

    Frame describe(TopicFrames.DescribeTopic request) {
        Topic topic = broker.topics()
                .find(request.name())
                .orElseThrow(() ->
                        new FaultException(Fault.TOPIC_NOT_FOUND, "topic \"" + request.name() + "\" does not exist"));
        return new TopicFrames.Topic(describe(topic));
    }

    CompletableFuture<Frame> findOffset(TopicFrames.FindOffset request) {
        return startOffsets
                .find(new TopicPartition(request.topicId(), request.partition()), request.position())
                .thenApply(found -> new TopicFrames.OffsetFound(found.offset(), found.timestampMs()));
    }

    CompletableFuture<Frame> deleteBefore(TopicFrames.DeleteBefore request) {
        return broker.logs()
                .deleteBefore(new TopicPartition(request.topicId(), request.partition()), request.offset())
                .thenApply(done -> new Frames.Done());
    }

    private TopicInfo describe(Topic topic) {
        List<Property> settings = new ArrayList<>();
        new TreeMap<>(topic.settings()).forEach((name, value) -> settings.add(new Property(name, value)));
        List<PartitionInfo> partitions = new ArrayList<>(topic.partitions());
        for (int partition = 0; partition < topic.partitions(); partition++) {
            Bounds bounds = broker.logs().bounds(new TopicPartition(topic.topicId(), partition));
            partitions.add(new PartitionInfo(partition, bounds.logStartOffset(), bounds.endOffset(), bounds.bytes()));
        }
        return new TopicInfo(topic.name(), topic.topicId(), settings, partitions);
    }

    /** Not Map.copyOf: a null value unsets a setting. */
    private static Map<String, String> settings(List<Property> properties) {
        Map<String, String> settings = new HashMap<>();
        for (Property property : properties) {
            if (settings.containsKey(property.name())) {
                throw new FaultException(Fault.INVALID_SETTING, property.name() + " is given twice");
            }
            settings.put(property.name(), property.value());
        }
        return settings;
    }
}
