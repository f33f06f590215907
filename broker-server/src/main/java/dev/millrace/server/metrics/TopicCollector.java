package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats.TopicStats;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The families by topic. The size of a scrape follows the number of topics, up to the label limit, never that of
 * partitions.
 *
 * <p>Counters of a deleted topic stay where they were: a sum over topics must not fall. Thread: any, one at a time.
 */
final class TopicCollector implements MultiCollector {
    private record Counted(String label, long recordsIn, long bytesIn) {}

    private final Supplier<List<TopicStats>> topics;
    private final DeliveryMeters deliveries;
    private final LabelLimit labels;
    private final Map<UUID, Counted> living = new HashMap<>();
    private final Map<String, Counted> deleted = new HashMap<>();

    TopicCollector(Supplier<List<TopicStats>> topics, DeliveryMeters deliveries, LabelLimit labels) {
        this.topics = topics;
        this.deliveries = deliveries;
        this.labels = labels;
    }

    @Override
    public synchronized MetricSnapshots collect() {
        Families families = new Families();
        List<TopicStats> stats = topics.get();
        remember(stats);
        living.values().forEach(counted -> addIn(families, counted));
        deleted.values().forEach(counted -> addIn(families, counted));
        deliveries.byLabel().forEach((label, meter) -> {
            families.counter("millrace_topic_records_out", "Records sent to consumers", topic(label), meter.records());
            families.counter(
                    "millrace_topic_bytes_out", "Bytes of batches sent to consumers", topic(label), meter.bytes());
        });
        for (TopicStats topic : stats) {
            addGauges(families, topic);
        }
        return families.snapshots();
    }

    private void remember(List<TopicStats> stats) {
        Set<UUID> seen = new HashSet<>();
        for (TopicStats topic : stats) {
            seen.add(topic.topicId());
            living.put(topic.topicId(), new Counted(labels.of(topic.topic()), topic.recordsIn(), topic.bytesIn()));
        }
        living.entrySet().removeIf(entry -> {
            if (seen.contains(entry.getKey())) {
                return false;
            }
            Counted last = entry.getValue();
            deleted.merge(
                    last.label(),
                    last,
                    (a, b) -> new Counted(a.label(), a.recordsIn() + b.recordsIn(), a.bytesIn() + b.bytesIn()));
            return true;
        });
    }

    private static void addIn(Families families, Counted counted) {
        Labels label = topic(counted.label());
        families.counter("millrace_topic_records_in", "Records appended", label, counted.recordsIn());
        families.counter("millrace_topic_bytes_in", "Bytes of batches appended", label, counted.bytesIn());
    }

    private void addGauges(Families families, TopicStats topic) {
        Labels label = topic(labels.of(topic.topic()));
        families.gauge("millrace_topic_partitions", "Partitions", label, topic.partitions());
        families.gauge(
                "millrace_topic_log_start_offset",
                "First offset that can be read, summed over the partitions",
                label,
                topic.logStartOffsetSum());
        families.gauge(
                "millrace_topic_log_end_offset",
                "One past the last durable record, summed over the partitions",
                label,
                topic.endOffsetSum());
        families.gauge("millrace_topic_log_bytes", "Bytes of batches kept", label, topic.bytes());
    }

    private static Labels topic(String label) {
        return Labels.of("topic", label);
    }
}
