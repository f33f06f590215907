package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats.GroupProgress;
import dev.millrace.core.BrokerStats.PartitionStats;
import dev.millrace.core.GroupOperations.Progress;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The same numbers under the names, labels and meanings of <a
 * href="https://github.com/danielqsj/kafka_exporter">kafka_exporter</a> 1.9, so that dashboards and alerts made for it work
 * as they are. One broker leads every partition and keeps its only copy.
 */
final class KafkaFamilies {
    private static final int BROKER_ID = 0;
    /** Where a group reads a topic but has committed nothing in a partition. */
    private static final long UNKNOWN = -1;

    private final Families families = new Families();

    private KafkaFamilies() {}

    static MetricSnapshots of(DetailedMetrics.Rows rows) {
        KafkaFamilies all = new KafkaFamilies();
        all.families.gauge("kafka_brokers", "Number of Brokers in the Kafka Cluster.", Labels.EMPTY, 1);
        rows.partitions().forEach(all::addPartition);
        rows.groups().forEach(all::addGroup);
        return all.families.snapshots();
    }

    private void addPartition(PartitionStats partition) {
        families.gauge(
                "kafka_topic_partitions",
                "Number of partitions for this Topic",
                Labels.of("topic", partition.topic()),
                1);
        Labels label = Labels.of("topic", partition.topic(), "partition", Integer.toString(partition.partition()));
        gauge("current_offset", "Current Offset of a Broker at Topic/Partition", label, partition.endOffset());
        gauge("oldest_offset", "Oldest Offset of a Broker at Topic/Partition", label, partition.logStartOffset());
        gauge("leader", "Leader Broker ID of this Topic/Partition", label, BROKER_ID);
        gauge("leader_is_preferred", "1 if Topic/Partition is using the Preferred Broker", label, 1);
        gauge("replicas", "Number of Replicas for this Topic/Partition", label, 1);
        gauge("in_sync_replica", "Number of In-Sync Replicas for this Topic/Partition", label, 1);
        gauge("under_replicated_partition", "1 if Topic/Partition is under Replicated", label, 0);
    }

    private void gauge(String name, String help, Labels label, long value) {
        families.gauge("kafka_topic_partition_" + name, help, label, value);
    }

    private void addGroup(GroupProgress group) {
        families.gauge(
                "kafka_consumergroup_members",
                "Amount of members in a consumer group",
                Labels.of("consumergroup", group.group()),
                group.members());
        Map<String, List<Progress>> byTopic = group.partitions().stream()
                .collect(Collectors.groupingBy(Progress::topic, TreeMap::new, Collectors.toList()));
        byTopic.forEach((topic, partitions) -> addTopic(group.group(), topic, partitions));
    }

    private void addTopic(String group, String topic, List<Progress> partitions) {
        if (partitions.stream().allMatch(progress -> progress.committedOffset() < 0)) {
            return; // not consumed yet, as kafka_exporter sees it
        }
        long offsetSum = 0;
        long lagSum = 0;
        for (Progress progress : partitions) {
            boolean known = progress.committedOffset() >= 0;
            long lag = known ? progress.endOffset() - progress.committedOffset() : UNKNOWN;
            offsetSum += known ? progress.committedOffset() : 0;
            lagSum += known ? lag : 0;
            Labels label = Labels.of(
                    "consumergroup",
                    group,
                    "topic",
                    topic,
                    "partition",
                    Integer.toString(progress.partition().partition()));
            families.gauge(
                    "kafka_consumergroup_current_offset",
                    "Current Offset of a ConsumerGroup at Topic/Partition",
                    label,
                    known ? progress.committedOffset() : UNKNOWN);
            families.gauge(
                    "kafka_consumergroup_lag",
                    "Current Approximate Lag of a ConsumerGroup at Topic/Partition",
                    label,
                    lag);
        }
        Labels label = Labels.of("consumergroup", group, "topic", topic);
        families.gauge(
                "kafka_consumergroup_current_offset_sum",
                "Current Offset of a ConsumerGroup at Topic for all partitions",
                label,
                offsetSum);
        families.gauge(
                "kafka_consumergroup_lag_sum",
                "Current Approximate Lag of a ConsumerGroup at Topic for all partitions",
                label,
                lagSum);
    }
}
