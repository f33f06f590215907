package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats.GroupProgress;
import dev.millrace.core.BrokerStats.PartitionStats;
import dev.millrace.core.GroupOperations.Progress;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

/** The families by partition under Millrace's own names. */
final class PartitionFamilies {
    private static final double MS_PER_SECOND = 1_000;

    private PartitionFamilies() {}

    static MetricSnapshots of(DetailedMetrics.Rows rows) {
        Families families = new Families();
        rows.partitions().forEach(partition -> add(families, partition));
        for (GroupProgress group : rows.groups()) {
            group.partitions().forEach(progress -> add(families, group.group(), progress));
        }
        return families.snapshots();
    }

    private static void add(Families families, PartitionStats partition) {
        Labels label = Labels.of("topic", partition.topic(), "partition", Integer.toString(partition.partition()));
        families.gauge(
                "millrace_partition_log_start_offset",
                "First offset that can be read",
                label,
                partition.logStartOffset());
        families.gauge(
                "millrace_partition_log_end_offset", "One past the last durable record", label, partition.endOffset());
        families.gauge("millrace_partition_log_bytes", "Bytes of batches kept", label, partition.bytes());
    }

    private static void add(Families families, String group, Progress progress) {
        Labels label = Labels.of(
                "group",
                group,
                "topic",
                progress.topic(),
                "partition",
                Integer.toString(progress.partition().partition()));
        families.gauge(
                "millrace_group_partition_committed_offset",
                "The group's committed offset, -1 where it has none",
                label,
                progress.committedOffset());
        families.gauge(
                "millrace_group_partition_lag_messages",
                "Records not yet committed by the group",
                label,
                progress.lagMessages());
        families.gauge(
                "millrace_group_partition_lag_seconds",
                "Age of the oldest record not yet committed by the group",
                label,
                progress.lagMs() / MS_PER_SECOND);
    }
}
