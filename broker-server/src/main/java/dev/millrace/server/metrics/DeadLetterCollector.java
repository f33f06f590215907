package dev.millrace.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.function.Supplier;

/** How many dead letters each group has. Thread: any, one at a time. */
final class DeadLetterCollector implements MultiCollector {
    private final Supplier<Map<String, Integer>> groups;
    private final LabelLimit labels;

    DeadLetterCollector(Supplier<Map<String, Integer>> groups, LabelLimit labels) {
        this.groups = groups;
        this.labels = labels;
    }

    @Override
    public synchronized MetricSnapshots collect() {
        Map<String, Integer> counts = groups.get();
        labels.retain(counts.keySet());
        Families families = new Families();
        counts.forEach((group, count) -> families.gauge(
                "millrace_group_dead_letters",
                "Dead letters of the group that are parked or on their way back",
                Labels.of("group", labels.of(group)),
                count));
        return families.snapshots();
    }
}
