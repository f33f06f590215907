package dev.millrace.server.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.LinkedHashMap;
import java.util.Map;

/** Collects labelled values of one scrape into families; values of the same labels are added up. Not thread-safe. */
final class Families {
    private record Family(String help, boolean counter, Map<Labels, Double> values) {}

    private final Map<String, Family> families = new LinkedHashMap<>();

    /** @param name without "_total", which the exposition appends */
    void counter(String name, String help, Labels labels, double value) {
        family(name, help, true).values().merge(labels, value, Double::sum);
    }

    void gauge(String name, String help, Labels labels, double value) {
        family(name, help, false).values().merge(labels, value, Double::sum);
    }

    /** The largest value counts where labels are shared. */
    void gaugeMax(String name, String help, Labels labels, double value) {
        family(name, help, false).values().merge(labels, value, Math::max);
    }

    MetricSnapshots snapshots() {
        MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        families.forEach((name, family) -> snapshots.metricSnapshot(snapshot(name, family)));
        return snapshots.build();
    }

    private Family family(String name, String help, boolean counter) {
        return families.computeIfAbsent(name, absent -> new Family(help, counter, new LinkedHashMap<>()));
    }

    private static MetricSnapshot snapshot(String name, Family family) {
        if (family.counter()) {
            CounterSnapshot.Builder counter =
                    CounterSnapshot.builder().name(name).help(family.help());
            family.values()
                    .forEach((labels, value) -> counter.dataPoint(CounterDataPointSnapshot.builder()
                            .labels(labels)
                            .value(value)
                            .build()));
            return counter.build();
        }
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(family.help());
        family.values()
                .forEach((labels, value) -> gauge.dataPoint(GaugeDataPointSnapshot.builder()
                        .labels(labels)
                        .value(value)
                        .build()));
        return gauge.build();
    }
}
