package dev.millrace.server.protocol.wire;

import dev.millrace.core.Broker;
import dev.millrace.core.GroupOperations.Offset;
import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.wire.GroupFrames.PartitionRef;
import dev.millrace.core.wire.GroupFrames.ResetOffsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Resets a group to a position of a topic: finds the offset of each partition first, then commits all or none. */
final class OffsetReset {
    private final Broker broker;
    private final StartOffsets startOffsets;

    OffsetReset(Broker broker) {
        this.broker = broker;
        this.startOffsets = new StartOffsets(broker.logs());
    }

    /** Answers the offsets that the group has then; for a dry run, that it would have. */
    CompletableFuture<List<Offset>> reset(ResetOffsets request) {
        Topic topic = broker.topics()
                .find(request.topic())
                .orElseThrow(() ->
                        new FaultException(Fault.TOPIC_NOT_FOUND, "topic \"" + request.topic() + "\" does not exist"));
        List<CompletableFuture<Offset>> searches = partitions(topic, request.partitions()).stream()
                .map(partition -> startOffsets
                        .find(partition, request.to())
                        .thenApply(found -> new Offset(partition, found.offset(), null)))
                .toList();
        return CompletableFuture.allOf(searches.toArray(CompletableFuture[]::new))
                .thenApply(
                        done -> searches.stream().map(CompletableFuture::join).toList())
                .thenCompose(offsets -> request.dryRun()
                        ? CompletableFuture.completedFuture(offsets)
                        : broker.groups().reset(request.group(), offsets).thenApply(done -> offsets));
    }

    private static List<TopicPartition> partitions(Topic topic, List<PartitionRef> refs) {
        if (refs.isEmpty()) {
            return IntStream.range(0, topic.partitions())
                    .mapToObj(partition -> new TopicPartition(topic.topicId(), partition))
                    .toList();
        }
        for (PartitionRef ref : refs) {
            if (!ref.topicId().equals(topic.topicId())) {
                throw new FaultException(
                        Fault.INVALID_REQUEST,
                        "partition of topic id " + ref.topicId() + " where " + topic.name() + " has topic id "
                                + topic.topicId());
            }
        }
        return refs.stream()
                .map(ref -> new TopicPartition(ref.topicId(), ref.partition()))
                .toList();
    }
}
