package dev.millrace.core;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Internal topics of a {@link LocalBroker}. */
final class LocalInternals implements InternalOperations {
    private static final Map<String, String> KEPT = Map.of("retention", "unlimited", "retentionBytes", "unlimited");

    private final LocalTopics topics;
    private final LocalLogs logs;

    LocalInternals(LocalTopics topics, LocalLogs logs) {
        this.topics = topics;
        this.logs = logs;
    }

    @Override
    public CompletableFuture<TopicPartition> log(String name) {
        Optional<TopicOperations.Topic> existing = topics.find(name);
        return existing.isPresent()
                ? CompletableFuture.completedFuture(only(existing.get()))
                : Answers.map(topics.createAny(name, 1, KEPT), LocalInternals::only);
    }

    private static TopicPartition only(TopicOperations.Topic topic) {
        return new TopicPartition(topic.topicId(), 0);
    }

    @Override
    public CompletableFuture<LogOperations.Appended> append(TopicPartition partition, ByteBuffer batches) {
        return logs.appendAnywhere(partition, batches);
    }

    @Override
    public void checkSchemasWith(SchemaCheck check) {
        logs.checkSchemasWith(check);
    }
}
