package dev.millrace.core;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * Records and bytes in and out of each topic since start, by name, so that counters never fall when a topic is deleted
 * and created again. Those of deleted topics are forgotten once there are too many. Thread: any.
 */
final class TopicTraffic {
    static final int DELETED_MAX = 1000;

    private final Map<String, Counters> byTopic = new ConcurrentHashMap<>();
    private final Predicate<String> exists;
    private int pruneAtCount = DELETED_MAX;

    /** @param exists whether there is a topic of this name now */
    TopicTraffic(Predicate<String> exists) {
        this.exists = exists;
    }

    static final class Counters {
        final LongAdder recordsIn = new LongAdder();
        final LongAdder bytesIn = new LongAdder();
        final LongAdder bytesRead = new LongAdder();
    }

    Counters of(String topic) {
        Counters known = byTopic.get(topic);
        return known != null ? known : add(topic);
    }

    private synchronized Counters add(String topic) {
        if (byTopic.size() >= pruneAtCount) {
            byTopic.keySet().removeIf(name -> !exists.test(name));
            pruneAtCount = byTopic.size() + DELETED_MAX;
        }
        return byTopic.computeIfAbsent(topic, name -> new Counters());
    }

    Map<String, Counters> all() {
        return byTopic;
    }
}
