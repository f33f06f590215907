package dev.millrace.server.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Records and bytes sent to consumers, by topic; counts stay when a topic is deleted. Thread: any. */
public final class DeliveryMeters {
    private final LabelLimit labels;
    private final Map<String, Meter> meters = new ConcurrentHashMap<>();

    /** @param topicLabelsMax topics that are counted apart; all others are "other" */
    public DeliveryMeters(int topicLabelsMax) {
        this(new LabelLimit(topicLabelsMax));
    }

    DeliveryMeters(LabelLimit labels) {
        this.labels = labels;
    }

    /** The counters of a topic; keep them for as long as the topic is read. */
    public Meter of(String topic) {
        return meters.computeIfAbsent(labels.of(topic), label -> new Meter());
    }

    Map<String, Meter> byLabel() {
        return meters;
    }

    /** Counts one topic's deliveries. */
    public static final class Meter {
        private final LongAdder records = new LongAdder();
        private final LongAdder bytes = new LongAdder();

        public void add(long recordCount, long byteCount) {
            records.add(recordCount);
            bytes.add(byteCount);
        }

        long records() {
            return records.sum();
        }

        long bytes() {
            return bytes.sum();
        }
    }
}
