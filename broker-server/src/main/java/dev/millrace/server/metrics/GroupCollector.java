package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats.GroupStats;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The families by consumer group: how far each is behind. Thread: any, one at a time. */
final class GroupCollector implements MultiCollector {
    private static final double MS_PER_SECOND = 1_000;

    private final Supplier<List<GroupStats>> groups;
    private final LabelLimit labels;

    GroupCollector(Supplier<List<GroupStats>> groups, LabelLimit labels) {
        this.groups = groups;
        this.labels = labels;
    }

    @Override
    public synchronized MetricSnapshots collect() {
        List<GroupStats> stats = groups.get();
        Set<String> live = new HashSet<>();
        stats.forEach(group -> live.add(key(group)));
        labels.retain(live);
        Families families = new Families();
        for (GroupStats group : stats) {
            add(families, group);
        }
        return families.snapshots();
    }

    private void add(Families families, GroupStats group) {
        // One limit for the pairs: a limit for each label would allow their product.
        boolean other = labels.of(key(group)).equals(LabelLimit.OTHER);
        Labels label = Labels.of(
                "group", other ? LabelLimit.OTHER : group.group(), "topic", other ? LabelLimit.OTHER : group.topic());
        families.gauge(
                "millrace_group_lag_messages", "Records not yet committed by the group", label, group.lagMessages());
        families.gaugeMax(
                "millrace_group_lag_seconds",
                "Age of the oldest record not yet committed by the group",
                label,
                group.lagMs() / MS_PER_SECOND);
        families.gaugeMax("millrace_group_members", "Members of the group", label, group.members());
    }

    private static String key(GroupStats group) {
        return group.group() + '\n' + group.topic();
    }
}
