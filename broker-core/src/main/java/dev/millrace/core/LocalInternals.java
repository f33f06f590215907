package dev.millrace.core;

import dev.millrace.core.command.Audited;
import dev.millrace.core.wire.Actor;
import dev.millrace.core.wire.AuditNote;
import java.nio.ByteBuffer;
import java.util.List;
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
                : Answers.map(topics.createNeeded(name, KEPT), LocalInternals::only);
    }

    private static TopicPartition only(TopicOperations.Topic topic) {
        return new TopicPartition(topic.topicId(), 0);
    }

    @Override
    public CompletableFuture<LogOperations.Appended> append(TopicPartition partition, ByteBuffer batches) {
        return logs.appendAnywhere(partition, batches);
    }

    @Override
    public CompletableFuture<LogOperations.Appended> append(
            TopicPartition partition, ByteBuffer batches, Actor actor, List<AuditNote> notes) {
        return logs.appendAnywhere(partition, batches, append -> new Audited(actor, append, notes));
    }

    @Override
    public void checkSchemasWith(SchemaCheck check) {
        logs.checkSchemasWith(check);
    }
}
