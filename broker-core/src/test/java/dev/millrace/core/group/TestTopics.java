package dev.millrace.core.group;

import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;

/** A catalog for tests: topics that can be added, grown and deleted; partition ids count up over all topics. */
final class TestTopics implements TopicView {
    private final TreeMap<String, GroupTopic> byName = new TreeMap<>();
    private int nextPartitionId = 1;

    /** Creates the topic, or adds partitions to it. */
    void add(String name, int partitionCount) {
        GroupTopic before = byName.getOrDefault(name, new GroupTopic(name, new UUID(1, nextPartitionId), new int[0]));
        int[] ids = Arrays.copyOf(before.partitionIds(), before.partitionIds().length + partitionCount);
        for (int i = before.partitionIds().length; i < ids.length; i++) {
            ids[i] = nextPartitionId++;
        }
        byName.put(name, new GroupTopic(name, before.topicId(), ids));
    }

    /** Deletes the topic; returns the ids of its partitions. */
    int[] remove(String name) {
        return byName.remove(name).partitionIds();
    }

    List<GroupTopic> all() {
        return List.copyOf(byName.values());
    }

    @Override
    public List<GroupTopic> matching(TopicPattern pattern) {
        return byName.values().stream()
                .filter(topic -> pattern.matches(topic.name()))
                .toList();
    }

    @Override
    public boolean hasPartition(int partitionId) {
        return byName.values().stream()
                .anyMatch(topic -> Arrays.stream(topic.partitionIds()).anyMatch(id -> id == partitionId));
    }
}
