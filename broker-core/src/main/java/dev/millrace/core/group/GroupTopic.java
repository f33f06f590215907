package dev.millrace.core.group;

import java.util.UUID;

/**
 * A topic as groups see it.
 *
 * @param partitionIds broker-wide partition ids, by index in the topic; not to be changed by anyone
 */
public record GroupTopic(String name, UUID topicId, int[] partitionIds) {}
