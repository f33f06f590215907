package dev.millrace.core;

import java.util.UUID;

/** One partition of one topic; a topic that is deleted and created again has another id. */
public record TopicPartition(UUID topicId, int partition) {}
