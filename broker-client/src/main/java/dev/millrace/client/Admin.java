package dev.millrace.client;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Topics, groups and offsets, for operators and tests. All calls wait for the answer. <em>Thread:</em> any. */
public interface Admin {
    /**
     * Creates a topic.
     *
     * @param partitions 0 for the broker's default
     * @param settings by name, such as {@code retention -> 7d}
     */
    TopicInfo createTopic(String name, int partitions, Map<String, String> settings);

    default TopicInfo createTopic(String name, int partitions) {
        return createTopic(name, partitions, Map.of());
    }

    /** All topics, by name. */
    default List<TopicInfo> listTopics() {
        return listTopics(">");
    }

    /** @param pattern a name or wildcard: {@code orders.*} one level, {@code orders.>} all below */
    List<TopicInfo> listTopics(String pattern);

    TopicInfo describeTopic(String name);

    /**
     * Changes settings and adds partitions.
     *
     * @param partitions the new count, or 0 to leave it
     * @param settings those to change; a null value goes back to the default
     */
    TopicInfo alterTopic(String name, int partitions, Map<String, String> settings);

    /** Deletes a topic with its messages and the groups' offsets in it. */
    void deleteTopic(String name);

    FoundOffset findOffset(TopicPartition partition, StartFrom position);

    /** Deletes the messages before an offset. */
    void deleteBefore(TopicPartition partition, long offset);

    List<GroupSummary> listGroups();

    GroupInfo describeGroup(String group);

    /**
     * Moves the committed offsets of all partitions of a topic; the group must have no members.
     *
     * @param dryRun say what would be, change nothing
     */
    default List<OffsetReset> resetOffsets(String group, String topic, StartFrom to, boolean dryRun) {
        return resetOffsets(group, topic, List.of(), to, dryRun);
    }

    /** @param partitions empty for all of the topic */
    List<OffsetReset> resetOffsets(
            String group, String topic, Collection<Integer> partitions, StartFrom to, boolean dryRun);

    /** Deletes a group that has no members, with its offsets. */
    void deleteGroup(String group);

    /** What the group has committed, by partition. */
    Map<TopicPartition, Long> committedOffsets(String group);

    /** Commits offsets for a group that has no members. */
    void commitOffsets(String group, Map<TopicPartition, Long> nextOffsets);

    /** The dead letters of a group; null for those of all groups, which can be looked at and no more. */
    DeadLetters deadLetters(String group);

    /**
     * What belongs to an id, over all topics with {@code correlation.index=on}: the messages with this correlation id or this
     * W3C trace id; for the id of one message, those that it belongs together with.
     *
     * @param id 1 to 1024 characters
     * @param countMax how many messages at most
     */
    Trace trace(String id, int countMax);

    /**
     * How far consumer groups are with these messages where they have neither passed them nor moved them to their dead
     * letters: attempts that failed or are under way, and keys that are parked. By message and group, of 100 groups for each
     * message; of groups that do not keep dead letters nothing is known. Fails: UNKNOWN_FRAME where the broker is too old.
     */
    List<Retry> retries(List<TracedMessage> messages);

    BrokerInfo brokerInfo();

    /**
     * Makes a backup of everything acknowledged before the call, while the broker goes on; waits until it is on disk, which
     * takes as long as reading all data.
     *
     * @param name 1 to 64 of a-z A-Z 0-9 . _ - without a leading dot; null for one made from the time
     */
    Backup createBackup(String name);

    /** The complete backups, by name. */
    List<Backup> listBackups();

    /**
     * A backup.
     *
     * @param path of its directory, on the broker's machine
     * @param createdAt RFC 3339
     * @param version of the broker that made it
     * @param sequence of the last commit in it
     */
    record Backup(String name, String path, String createdAt, String version, long sequence, int files, long bytes) {}

    /**
     * Where a position is in the log.
     *
     * @param offset the end offset where no message is that new
     * @param timestampMs of the message at the offset, or -1
     */
    record FoundOffset(long offset, long timestampMs) {}

    /** @param before -1 where nothing was committed */
    record OffsetReset(TopicPartition partition, long before, long after) {}

    /** @param state empty, stable or reconciling */
    record GroupSummary(String group, String state, int members, long lagMessages, long lagMs) {}
}
