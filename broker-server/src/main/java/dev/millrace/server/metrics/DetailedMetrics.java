package dev.millrace.server.metrics;

import dev.millrace.core.BrokerStats;
import dev.millrace.core.BrokerStats.GroupProgress;
import dev.millrace.core.BrokerStats.PartitionStats;
import dev.millrace.core.TopicOperations;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import io.micrometer.core.instrument.Clock;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Numbers by partition, which {@link BrokerMetrics} leaves out so that its size stays bounded: on demand, for the topics
 * or the group that somebody names, or all of them under the names of kafka_exporter. Thread: any that may wait for the
 * disk. Fails: {@link FaultException}.
 */
public final class DetailedMetrics {
    /** Partitions, or pairs of group and partition, of one answer: some 30 MB of text. */
    public static final int ROWS_MAX = 100_000;

    private static final String ALL_TOPICS = ">";

    private final TopicOperations topics;
    private final BrokerStats stats;

    public DetailedMetrics(TopicOperations topics, BrokerStats stats) {
        this.topics = topics;
        this.stats = stats;
    }

    /** What one scrape shows. */
    record Rows(List<PartitionStats> partitions, List<GroupProgress> groups) {}

    /**
     * Partitions of the topics that match, and the groups that read them; or where there is a group but no topic, what this
     * group reads.
     *
     * @param topic a name, or a pattern as in {@link TopicOperations#list}
     */
    public String detailed(Optional<String> topic, Optional<String> group) {
        if (topic.isEmpty() && group.isEmpty()) {
            throw new FaultException(
                    Fault.INVALID_REQUEST,
                    "say of what: ?topic=NAME, ?topic=PATTERN such as orders.*, or ?group=NAME; "
                            + "/metrics has the sums of all");
        }
        Predicate<String> wanted = matching(topic);
        List<PartitionStats> partitions = topic.isEmpty() ? List.of() : partitions(wanted);
        return text(PartitionFamilies.of(new Rows(partitions, groups(group, wanted))));
    }

    /** Everything, or what matches, under the names and labels of kafka_exporter. */
    public String kafka(Optional<String> topic, Optional<String> group) {
        Predicate<String> wanted = matching(Optional.of(topic.orElse(ALL_TOPICS)));
        return text(KafkaFamilies.of(new Rows(partitions(wanted), groups(group, wanted))));
    }

    private Predicate<String> matching(Optional<String> pattern) {
        if (pattern.isEmpty()) {
            return topic -> true;
        }
        List<TopicOperations.Topic> found = topics.list(pattern.get());
        if (found.isEmpty() && !pattern.get().equals(ALL_TOPICS)) {
            throw new FaultException(
                    Fault.TOPIC_NOT_FOUND, "no topic is called, or matches, \"" + pattern.get() + "\"");
        }
        checkCount(found.stream().mapToLong(TopicOperations.Topic::partitions).sum(), "partitions");
        Set<String> names = found.stream().map(TopicOperations.Topic::name).collect(Collectors.toSet());
        return names::contains;
    }

    private List<PartitionStats> partitions(Predicate<String> wanted) {
        List<PartitionStats> rows = stats.partitions(wanted);
        checkCount(rows.size(), "partitions");
        return rows;
    }

    private List<GroupProgress> groups(Optional<String> name, Predicate<String> wantedTopics) {
        List<GroupProgress> rows =
                stats.groupProgress(group -> name.isEmpty() || name.get().equals(group), wantedTopics);
        if (rows.isEmpty() && name.isPresent()) {
            throw new FaultException(Fault.GROUP_NOT_FOUND, "group \"" + name.get() + "\" does not exist");
        }
        checkCount(rows.stream().mapToLong(row -> row.partitions().size()).sum(), "partitions of groups");
        return rows;
    }

    private static void checkCount(long rows, String what) {
        if (rows > ROWS_MAX) {
            throw new FaultException(
                    Fault.LIMIT_REACHED,
                    rows + " " + what + " match; one answer shows at most " + ROWS_MAX
                            + ". Ask for fewer with ?topic= and ?group=");
        }
    }

    private static String text(MetricSnapshots snapshots) {
        PrometheusRegistry once = new PrometheusRegistry();
        once.register((MultiCollector) () -> snapshots);
        PrometheusMeterRegistry page = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, once, Clock.SYSTEM);
        try {
            return page.scrape();
        } finally {
            page.close();
        }
    }
}
