package dev.millrace.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.BrokerStats.GroupProgress;
import dev.millrace.core.BrokerStats.PartitionStats;
import dev.millrace.core.GroupOperations.Progress;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.server.FakeBroker;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DetailedMetricsTest {
    private static final UUID ID = new UUID(1, 2);

    private final FakeBroker broker = new FakeBroker();
    private final DetailedMetrics metrics = new DetailedMetrics(broker.topics(), broker.stats());

    @AfterEach
    void close() {
        broker.close();
    }

    /** A scrape with every family. */
    static ScrapeText exercised() {
        DetailedMetricsTest test = new DetailedMetricsTest();
        try {
            test.fill(2);
            return test.detailed("orders", null);
        } finally {
            test.close();
        }
    }

    /** Two topics; the group has read 7 of 10 records in every partition of the first but the last, where it has no offset. */
    private void fill(int partitions) {
        broker.topics().create("orders", partitions, Map.of()).join();
        broker.topics().create("other", 1, Map.of()).join();
        broker.partitionStats = IntStream.rangeClosed(0, partitions)
                .mapToObj(i -> i == partitions
                        ? new PartitionStats("other", 0, 0, 1, 1)
                        : new PartitionStats("orders", i, 2, 10, 500))
                .toList();
        List<Progress> progress = IntStream.range(0, partitions)
                .mapToObj(i -> i == partitions - 1
                        ? new Progress("orders", new TopicPartition(ID, i), -1, 10, 8, 2_000, null)
                        : new Progress("orders", new TopicPartition(ID, i), 7, 10, 3, 1_500, "m"))
                .toList();
        broker.groupProgress = List.of(
                new GroupProgress("billing", 2, progress),
                new GroupProgress(
                        "fresh", 1, List.of(new Progress("other", new TopicPartition(ID, 0), -1, 1, 1, 0, "m"))));
    }

    @Test
    void aTopicShowsItsPartitionsAndTheGroupsThatReadThem() {
        fill(2);
        ScrapeText scrape = detailed("orders", null);
        assertThat(scrape.value("millrace_partition_log_start_offset{partition=\"1\",topic=\"orders\"}"))
                .isEqualTo(2);
        assertThat(scrape.value("millrace_partition_log_end_offset{partition=\"1\",topic=\"orders\"}"))
                .isEqualTo(10);
        assertThat(scrape.value("millrace_partition_log_bytes{partition=\"0\",topic=\"orders\"}"))
                .isEqualTo(500);
        String first = "{group=\"billing\",partition=\"0\",topic=\"orders\"}";
        assertThat(scrape.value("millrace_group_partition_committed_offset" + first))
                .isEqualTo(7);
        assertThat(scrape.value("millrace_group_partition_lag_messages" + first))
                .isEqualTo(3);
        assertThat(scrape.value("millrace_group_partition_lag_seconds" + first)).isEqualTo(1.5);
        assertThat(scrape.seriesCount("")).as("nothing of the other topic").isEqualTo(2 * 3 + 2 * 3);
    }

    @Test
    void aGroupShowsOnlyWhatItReads() {
        fill(2);
        assertThat(detailed(null, "fresh").seriesCount("")).isEqualTo(3);
        assertThat(detailed("orders", "fresh").seriesCount("millrace_group_")).isZero();
    }

    @Test
    void refusesToShowEverythingAndWhatIsNotThere() {
        fill(2);
        refused(Fault.INVALID_REQUEST, null, null);
        refused(Fault.TOPIC_NOT_FOUND, "nosuch", null);
        refused(Fault.GROUP_NOT_FOUND, null, "nosuch");
    }

    @Test
    void refusesMoreThanAScraperShouldTake() {
        broker.topics().create("huge", DetailedMetrics.ROWS_MAX + 1, Map.of()).join();
        refused(Fault.LIMIT_REACHED, "huge", null);
        assertThatThrownBy(() -> metrics.kafka(Optional.empty(), Optional.empty()))
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault()).isEqualTo(Fault.LIMIT_REACHED));
    }

    @Test
    void seriesFollowThePartitionsThatWereAskedForAndNoOthers() {
        fill(10_000);
        assertThat(detailed("orders", null).seriesCount("")).isEqualTo(10_000 * 3 + 10_000 * 3);
        assertThat(detailed("other", null).seriesCount("")).isEqualTo(3 + 3);
        // Seven for a partition, two for a group's partition; partitions of two topics, two sums, members, brokers.
        assertThat(kafka(null).seriesCount("")).isEqualTo(10_001 * 7 + 10_000 * 2 + 2 + 2 + 2 + 1);
    }

    @Test
    void kafkaNamesMeanWhatKafkaExporterMeans() {
        fill(2);
        ScrapeText scrape = kafka(null);
        assertThat(scrape.value("kafka_brokers")).isEqualTo(1);
        assertThat(scrape.value("kafka_topic_partitions{topic=\"orders\"}")).isEqualTo(2);
        String partition = "{partition=\"1\",topic=\"orders\"}";
        assertThat(scrape.value("kafka_topic_partition_current_offset" + partition))
                .isEqualTo(10);
        assertThat(scrape.value("kafka_topic_partition_oldest_offset" + partition))
                .isEqualTo(2);
        assertThat(scrape.value("kafka_topic_partition_under_replicated_partition" + partition))
                .isZero();
        String read = "{consumergroup=\"billing\",partition=\"0\",topic=\"orders\"}";
        assertThat(scrape.value("kafka_consumergroup_current_offset" + read)).isEqualTo(7);
        assertThat(scrape.value("kafka_consumergroup_lag" + read)).isEqualTo(3);
        String unread = "{consumergroup=\"billing\",partition=\"1\",topic=\"orders\"}";
        assertThat(scrape.value("kafka_consumergroup_lag" + unread)).isEqualTo(-1);
        assertThat(scrape.value("kafka_consumergroup_lag_sum{consumergroup=\"billing\",topic=\"orders\"}"))
                .isEqualTo(3);
        assertThat(scrape.value("kafka_consumergroup_members{consumergroup=\"fresh\"}"))
                .isEqualTo(1);
        assertThat(scrape.families().get("kafka_consumergroup_lag").series().keySet())
                .as("a topic of which nothing was committed")
                .noneMatch(series -> series.contains("fresh"));
    }

    /** Read off kafka_exporter 1.9.0; its kafka_broker_info and the lag kept in ZooKeeper are left out. */
    @Test
    void kafkaNamesAndLabelsAreThoseOfKafkaExporter() {
        fill(2);
        Map<String, String> partition = Map.of("kafka_topic_partition_", "partition topic");
        ScrapeText scrape = kafka("orders");
        for (String name : List.of(
                "current_offset",
                "oldest_offset",
                "leader",
                "leader_is_preferred",
                "replicas",
                "in_sync_replica",
                "under_replicated_partition")) {
            partition.forEach((prefix, labels) -> labelsOf(scrape, prefix + name, labels));
        }
        labelsOf(scrape, "kafka_brokers", "");
        labelsOf(scrape, "kafka_topic_partitions", "topic");
        labelsOf(scrape, "kafka_consumergroup_members", "consumergroup");
        labelsOf(scrape, "kafka_consumergroup_current_offset", "consumergroup partition topic");
        labelsOf(scrape, "kafka_consumergroup_lag", "consumergroup partition topic");
        labelsOf(scrape, "kafka_consumergroup_current_offset_sum", "consumergroup topic");
        labelsOf(scrape, "kafka_consumergroup_lag_sum", "consumergroup topic");
        assertThat(scrape.families()).hasSize(7 + 7);
    }

    private static void labelsOf(ScrapeText scrape, String name, String labels) {
        assertThat(scrape.families()).containsKey(name);
        TreeSet<String> wanted = new TreeSet<>(labels.isEmpty() ? List.of() : List.of(labels.split(" ")));
        assertThat(scrape.families().get(name).labels()).as(name).isEqualTo(wanted);
        assertThat(scrape.families().get(name).type()).as(name).isEqualTo("gauge");
    }

    private void refused(Fault fault, String topic, String group) {
        assertThatThrownBy(() -> detailed(topic, group))
                .isInstanceOfSatisfying(
                        FaultException.class, e -> assertThat(e.fault()).isEqualTo(fault));
    }

    private ScrapeText detailed(String topic, String group) {
        return ScrapeText.parse(metrics.detailed(Optional.ofNullable(topic), Optional.ofNullable(group)));
    }

    private ScrapeText kafka(String topic) {
        return ScrapeText.parse(metrics.kafka(Optional.ofNullable(topic), Optional.empty()));
    }
}
