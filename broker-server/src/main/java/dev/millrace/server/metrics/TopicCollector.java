package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats.TopicStats;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.Supplier;

/**
 * The families by topic. The size of a scrape follows the number of topics, up to the label limit, never that of
 * partitions. Counters of a deleted topic stay, since the broker keeps them: a sum over topics must not fall.
 */
final class TopicCollector implements MultiCollector {
    private final Supplier<List<TopicStats>> topics;
    private final DeliveryMeters deliveries;
    private final LabelLimit labels;

    TopicCollector(Supplier<List<TopicStats>> topics, DeliveryMeters deliveries, LabelLimit labels) {
        this.topics = topics;
        this.deliveries = deliveries;
        this.labels = labels;
    }

    @Override
    public MetricSnapshots collect() {
        Families families = new Families();
        for (TopicStats topic : topics.get()) {
            Labels label = Labels.of("topic", labels.of(topic.topic()));
            families.counter("millrace_topic_records_in", "Records appended", label, topic.recordsIn());
            families.counter("millrace_topic_bytes_in", "Bytes of batches appended", label, topic.bytesIn());
            // A deleted topic has no partitions, only counters.
            if (topic.partitions() > 0) {
                addGauges(families, label, topic);
            }
        }
        deliveries.byLabel().forEach((name, meter) -> addOut(families, Labels.of("topic", name), meter));
        return families.snapshots();
    }

    private static void addGauges(Families families, Labels label, TopicStats topic) {
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

    private static void addOut(Families families, Labels label, DeliveryMeters.Meter meter) {
        families.counter("millrace_topic_records_out", "Records sent to consumers", label, meter.records());
        families.counter("millrace_topic_bytes_out", "Bytes of batches sent to consumers", label, meter.bytes());
    }
}
