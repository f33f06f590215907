package dev.millrace.core.machine;

import dev.millrace.core.topic.Topic;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** The durable topics, for any thread: an immutable picture that is replaced as a whole. */
public final class TopicDirectory {
    private volatile Snapshot snapshot = Snapshot.of(java.util.List.of());

    /** A partition's place in a topic, found by the id of its log. */
    public record Place(Topic topic, int partition) {}

    private record Snapshot(SortedMap<String, Topic> byName, Map<UUID, Topic> byId, Map<Integer, Place> byPartitionId) {
        static Snapshot of(Collection<Topic> topics) {
            SortedMap<String, Topic> byName = new TreeMap<>();
            Map<UUID, Topic> byId = new HashMap<>();
            Map<Integer, Place> byPartitionId = new HashMap<>();
            for (Topic topic : topics) {
                byName.put(topic.name(), topic);
                byId.put(topic.topicId(), topic);
                for (int partition = 0; partition < topic.partitionCount(); partition++) {
                    byPartitionId.put(topic.partitionIds()[partition], new Place(topic, partition));
                }
            }
            return new Snapshot(Collections.unmodifiableSortedMap(byName), byId, byPartitionId);
        }
    }

    void publish(Collection<Topic> topics) {
        snapshot = Snapshot.of(topics);
    }

    /** Copies the topics now; the answer shows the copy when run. */
    Runnable prepare(Collection<Topic> topics) {
        Snapshot next = Snapshot.of(topics);
        return () -> snapshot = next;
    }

    /** The topic, or null. */
    public Topic find(String name) {
        return snapshot.byName.get(name);
    }

    /** The topic, or null. */
    public Topic find(UUID topicId) {
        return snapshot.byId.get(topicId);
    }

    /** Where this log belongs, or null. */
    public Place placeOf(int partitionId) {
        return snapshot.byPartitionId.get(partitionId);
    }

    /** All topics by name. */
    public Collection<Topic> all() {
        return snapshot.byName.values();
    }
}
