package dev.millrace.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.BrokerStats.GroupStats;
import dev.millrace.core.BrokerStats.TopicStats;
import dev.millrace.core.error.Fault;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.net.ConnectionGate;
import dev.millrace.server.net.EventLoops;
import dev.millrace.server.net.InFlightBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BrokerMetricsTest {
    private static final Path DOC = Path.of("..", "docs", "METRICS.md");

    private final FakeBroker broker = new FakeBroker();
    private final EventLoops loops = EventLoops.start(1);
    private final BrokerMetrics metrics = new BrokerMetrics("1.2.3", "fsync", () -> true);
    private final ProtocolMeters meters = metrics.protocol("native");

    BrokerMetricsTest() {
        metrics.connections("native", new ConnectionGate(10));
        metrics.network(loops, new InFlightBytes(100));
        metrics.observe(broker.stats(), () -> new StorageNumbers(100, 110, 90, 10, 0, 5000, 6000, 7.5, 2.1));
        metrics.schemas(new SchemaNumbers(() -> 3, () -> 5, () -> 1, () -> 2));
        metrics.tracing(() -> 7, () -> 1);
    }

    @AfterEach
    void close() {
        metrics.close();
        loops.close();
        broker.close();
    }

    @Test
    void documentListsEveryMetricAndNoOther() throws Exception {
        exerciseAll();
        Map<String, String> scraped = new TreeMap<>();
        for (ScrapeText scrape : List.of(scrape(), DetailedMetricsTest.exercised())) {
            scrape.families().forEach((name, family) -> {
                if (name.startsWith("millrace_")) {
                    scraped.put(name, family.type() + " | " + String.join(", ", family.labels()));
                }
            });
        }
        Map<String, String> documented = new TreeMap<>();
        for (String line : Files.readAllLines(DOC)) {
            String[] cells = line.split("\\|");
            if (line.startsWith("| `millrace_")) {
                String labels = cells[3].strip().replace("`", "");
                documented.put(cells[1].strip().replace("`", ""), cells[2].strip() + " | " + labels);
                assertThat(cells[4].strip()).as("unit of " + cells[1]).isNotEmpty();
                assertThat(cells[5].strip()).as("meaning of " + cells[1]).isNotEmpty();
            }
        }
        assertThat(documented).isEqualTo(scraped);
    }

    @Test
    void documentNamesTheFamiliesOfProcessJvmAndNetty() throws Exception {
        TreeSet<String> prefixes = new TreeSet<>();
        for (String line : Files.readAllLines(DOC)) {
            if (line.startsWith("| `") && line.contains("_*`")) {
                prefixes.add(line.substring(3, line.indexOf("*`")));
            }
        }
        for (String name : scrape().families().keySet()) {
            assertThat(name.startsWith("millrace_") || prefixes.stream().anyMatch(name::startsWith))
                    .as(name)
                    .isTrue();
        }
        for (String prefix : prefixes) {
            assertThat(scrape().families().keySet()).anyMatch(name -> name.startsWith(prefix));
        }
    }

    @Test
    void showsTheBrokersNumbers() {
        exerciseAll();
        ScrapeText scrape = scrape();
        assertThat(scrape.value("millrace_info{sync_mode=\"fsync\",version=\"1.2.3\"}"))
                .isEqualTo(1);
        assertThat(scrape.value("millrace_storage_wal_bytes_total")).isEqualTo(110);
        assertThat(scrape.value("millrace_storage_write_amplification")).isEqualTo(2.1);
        assertThat(scrape.value("millrace_tail_cache_hits_total")).isEqualTo(11);
        assertThat(scrape.value("millrace_event_cache_hits_total")).isEqualTo(31);
        assertThat(scrape.value("millrace_event_cache_misses_total")).isEqualTo(32);
        assertThat(scrape.value("millrace_event_cache_bytes")).isEqualTo(33);
        assertThat(scrape.value("millrace_topic_records_in_total{topic=\"orders\"}"))
                .isEqualTo(5);
        assertThat(scrape.value("millrace_topic_records_out_total{topic=\"orders\"}"))
                .isEqualTo(3);
        assertThat(scrape.value("millrace_group_lag_seconds{group=\"g\",topic=\"orders\"}"))
                .isEqualTo(1.5);
        assertThat(scrape.value("millrace_requests_rejected_total{fault=\"disk_full\",protocol=\"native\"}"))
                .isEqualTo(1);
        assertThat(scrape.value("millrace_publish_seconds_bucket{le=\"0.005\"}"))
                .isEqualTo(1);
        assertThat(scrape.value("millrace_publish_seconds_bucket{le=\"0.0025\"}"))
                .isZero();
        assertThat(scrape.value("millrace_commit_requests_count")).isEqualTo(1);
    }

    @Test
    void countersStayWhenTheirTopicIsDeletedAndGaugesGo() {
        exerciseAll();
        broker.topicStats = List.of(new TopicStats("orders", null, 0, 5, 500, 0, 0, 0, 0));
        broker.groupStats = List.of();
        ScrapeText scrape = scrape();
        assertThat(scrape.value("millrace_topic_records_in_total{topic=\"orders\"}"))
                .isEqualTo(5);
        assertThat(scrape.value("millrace_topic_bytes_out_total{topic=\"orders\"}"))
                .isEqualTo(300);
        assertThat(scrape.families()).doesNotContainKeys("millrace_topic_partitions", "millrace_group_lag_messages");
    }

    @Test
    void seriesDoNotGrowWithPartitions() {
        broker.topicStats = List.of(topic("orders", 1));
        int few = scrape().seriesCount("");
        broker.topicStats = List.of(topic("orders", 10_000));
        assertThat(scrape().seriesCount("")).isEqualTo(few);
    }

    @Test
    void seriesAreBoundedWithManyTopicsAndGroupsAndNothingIsLostInTheSums() {
        List<TopicStats> topics = new ArrayList<>();
        List<GroupStats> groups = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            topics.add(topic("topic-" + i, 1));
            groups.add(new GroupStats("group-" + i, "topic-" + i, 1, 1, i));
            meters.deliveries().of("topic-" + i).add(1, 1);
        }
        broker.topicStats = topics;
        broker.groupStats = groups;
        ScrapeText scrape = scrape();
        // 500 names and "other"; eight families by topic, three by group.
        assertThat(scrape.seriesCount("millrace_topic_")).isEqualTo(501 * 8);
        assertThat(scrape.seriesCount("millrace_group_")).isEqualTo(501 * 3 + 1);
        for (String family : List.of("millrace_topic_records_in_total", "millrace_topic_records_out_total")) {
            double sum = scrape.families().get(family).series().values().stream()
                    .mapToDouble(Double::doubleValue)
                    .sum();
            assertThat(sum).isEqualTo(family.contains("_in_") ? 2_000 * 5 : 2_000);
        }
        assertThat(scrape.value("millrace_group_lag_messages{group=\"other\",topic=\"other\"}"))
                .isEqualTo(1_500);
        assertThat(scrape.value("millrace_group_lag_seconds{group=\"other\",topic=\"other\"}"))
                .isEqualTo(1.999);
    }

    @Test
    void groupsThatAreGoneLeaveTheirPlaceToOthers() {
        broker.groupStats = IntStream.range(0, 500)
                .mapToObj(i -> new GroupStats("old-" + i, "t", 1, 1, 1))
                .toList();
        scrape();
        broker.groupStats = List.of(new GroupStats("new", "t", 1, 7, 1));
        assertThat(scrape().value("millrace_group_lag_messages{group=\"new\",topic=\"t\"}"))
                .isEqualTo(7);
    }

    /** The names of all samples of a scrape of a broker that does everything. */
    static Set<String> sampleNames() {
        BrokerMetricsTest test = new BrokerMetricsTest();
        try {
            test.exerciseAll();
            Set<String> names = new TreeSet<>();
            test.scrape()
                    .families()
                    .values()
                    .forEach(family ->
                            family.series().keySet().forEach(series -> names.add(series.replaceFirst("\\{.*", ""))));
            return names;
        } finally {
            test.close();
        }
    }

    private void exerciseAll() {
        broker.deadLetterCounts = Map.of("billing", 3);
        broker.topicStats = List.of(topic("orders", 4));
        broker.groupStats = List.of(new GroupStats("g", "orders", 2, 3, 1_500));
        meters.requests("publish").increment();
        meters.rejected(Fault.DISK_FULL);
        meters.deliveries().of("orders").add(3, 300);
        broker.observer.onCommit(3, 4096);
        broker.observer.onSync(1_000_000);
        broker.observer.onPublish(3_000_000);
    }

    private static TopicStats topic(String name, int partitions) {
        return new TopicStats(name, new UUID(1, name.hashCode()), partitions, 5, 500, 300, 1, 6, 500);
    }

    private ScrapeText scrape() {
        return ScrapeText.parse(metrics.scrape());
    }
}
