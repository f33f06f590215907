package dev.millrace.core;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Creating, finding, altering and deleting topics. Thread: any. */
public interface TopicOperations {
    /** A topic as it is now. Settings hold only what differs from the broker's defaults. */
    record Topic(String name, UUID topicId, int partitions, Map<String, String> settings) {}

    /**
     * Creates a topic.
     *
     * @param partitions 0 for the broker's default
     * @param settings see {@link dev.millrace.core.topic.TopicSettings}
     *     <p>Fails: INVALID_TOPIC, INVALID_SETTING, TOPIC_EXISTS, LIMIT_REACHED.
     */
    CompletableFuture<Topic> create(String name, int partitions, Map<String, String> settings);

    /** From memory; a topic whose creation is not yet durable is not found. */
    Optional<Topic> find(String name);

    Optional<Topic> find(UUID topicId);

    /** Topics whose name matches, by name. {@code *} matches one level, {@code >} at the end one or more. */
    List<Topic> list(String pattern);

    /**
     * Changes settings and adds partitions.
     *
     * @param partitions the new count, or 0 to leave it; never fewer than now
     * @param settings a null value goes back to the broker's default
     *     <p>Fails: TOPIC_NOT_FOUND, INVALID_SETTING, LIMIT_REACHED.
     */
    CompletableFuture<Topic> alter(String name, int partitions, Map<String, String> settings);

    /** Deletes a topic with its records and committed offsets. Fails: TOPIC_NOT_FOUND. */
    CompletableFuture<Void> delete(String name);
}
