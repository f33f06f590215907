package dev.millrace.core;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Records and bytes in and out of each topic since start, by name, so that counters never fall when a topic is deleted
 * and created again. Thread: any.
 */
final class TopicTraffic {
    private final Map<String, Counters> byTopic = new ConcurrentHashMap<>();

    static final class Counters {
        final LongAdder recordsIn = new LongAdder();
        final LongAdder bytesIn = new LongAdder();
        final LongAdder bytesRead = new LongAdder();
    }

    Counters of(String topic) {
        return byTopic.computeIfAbsent(topic, name -> new Counters());
    }

    Map<String, Counters> all() {
        return byTopic;
    }
}
