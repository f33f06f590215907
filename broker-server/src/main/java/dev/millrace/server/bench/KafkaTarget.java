package dev.millrace.server.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A broker that speaks Kafka's protocol, by Kafka's own Java client: acks=all, everything else as it comes. */
final class KafkaTarget implements Target {
    /** Kafka makes some files for each of 10,000 partitions. */
    private static final long CALL_S = 300;

    private static final int FIRST_CALL_MS = 10_000;

    private final BenchPlan.Server server;
    private final Admin admin;

    private KafkaTarget(BenchPlan.Server server) {
        this.server = server;
        this.admin = Admin.create(options(Map.of()));
    }

    static Target connect(BenchPlan.Server server) {
        requireListener(server);
        try {
            KafkaTarget target = new KafkaTarget(server);
            try {
                target.admin.describeCluster().nodes().get(FIRST_CALL_MS, TimeUnit.MILLISECONDS);
                return target;
            } catch (ExecutionException | TimeoutException | InterruptedException e) {
                target.admin.close(Duration.ZERO);
                throw new BenchException(
                        "no broker answers at " + server.url() + " within " + FIRST_CALL_MS + " ms (" + cause(e)
                                + "). Start one, or name another with --target.",
                        e);
            }
        } catch (KafkaException e) {
            throw new BenchException(
                    "Kafka's client refuses its options for " + server.url() + " (" + cause(e)
                            + "). Correct --target or --property.",
                    e);
        }
    }

    /** Kafka's client would warn many times before it gave up. */
    private static void requireListener(BenchPlan.Server server) {
        String first = server.address().split(",")[0];
        int colon = first.lastIndexOf(':');
        try (Socket socket = new Socket()) {
            int port = Integer.parseInt(first.substring(colon + 1));
            socket.connect(new InetSocketAddress(first.substring(0, colon), port), FIRST_CALL_MS);
        } catch (IOException | RuntimeException e) {
            throw new BenchException(
                    "no broker listens at " + server.url() + " (" + cause(e)
                            + "). Start one, or name another with --target.",
                    e);
        }
    }

    private Map<String, Object> options(Map<String, Object> own) {
        Map<String, Object> options = new HashMap<>(own);
        options.put("bootstrap.servers", server.address());
        options.put("client.id", "millrace-bench");
        options.putAll(server.properties());
        return options;
    }

    @Override
    public Facts facts() {
        String software = "Kafka's protocol, by kafka-clients " + clientVersion();
        try {
            Node node = await(admin.describeCluster().nodes()).iterator().next();
            ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, node.idString());
            Config config = await(admin.describeConfigs(List.of(broker)).all()).get(broker);
            return new Facts(software, syncMode(config), value(config, "log.dirs"), 0, null);
        } catch (BenchException noConfigs) {
            return new Facts(software, "unknown", null, 0, null);
        }
    }

    private String clientVersion() {
        return admin.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().group().equals("app-info")
                        && metric.getKey().name().equals("version"))
                .map(metric -> String.valueOf(metric.getValue().metricValue()))
                .findFirst()
                .orElse("of an unknown version");
    }

    /** Kafka hands records to the page cache; these two settings alone make it sync before it is full of them. */
    private static String syncMode(Config config) {
        String messages = value(config, "log.flush.interval.messages");
        if (messages == null) return "unknown";
        if (messages.equals("1")) return "fsync of each append (log.flush.interval.messages=1)";
        String ms = value(config, "log.flush.interval.ms");
        return "page cache, no fsync before the acknowledgement (log.flush.interval.messages=" + messages
                + (ms == null ? "" : ", log.flush.interval.ms=" + ms) + ")";
    }

    private static String value(Config config, String name) {
        ConfigEntry entry = config.get(name);
        return entry == null ? null : entry.value();
    }

    @Override
    public Map<String, Integer> partitions(Collection<String> topics) {
        Map<String, Integer> found = new HashMap<>();
        describe(topics)
                .forEach(topic -> found.put(topic.name(), topic.partitions().size()));
        return found;
    }

    private Collection<TopicDescription> describe(Collection<String> topics) {
        Set<String> existing = new HashSet<>(await(admin.listTopics().names()));
        existing.retainAll(new HashSet<>(topics));
        return await(admin.describeTopics(existing).allTopicNames()).values();
    }

    @Override
    public long messages(Collection<String> topics) {
        Map<TopicPartition, OffsetSpec> first = new HashMap<>();
        Map<TopicPartition, OffsetSpec> last = new HashMap<>();
        for (TopicPartition partition : allPartitions(topics)) {
            first.put(partition, OffsetSpec.earliest());
            last.put(partition, OffsetSpec.latest());
        }
        return sum(await(admin.listOffsets(last).all()).values())
                - sum(await(admin.listOffsets(first).all()).values());
    }

    private static long sum(Collection<ListOffsetsResultInfo> offsets) {
        return offsets.stream().mapToLong(ListOffsetsResultInfo::offset).sum();
    }

    /** In an order that all consumers agree on. */
    private List<TopicPartition> allPartitions(Collection<String> topics) {
        List<TopicPartition> all = new ArrayList<>();
        for (TopicDescription topic : describe(topics)) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                all.add(new TopicPartition(topic.name(), partition.partition()));
            }
        }
        all.sort(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
        return all;
    }

    @Override
    public void createTopics(Collection<String> topics, int partitions) {
        List<NewTopic> fresh = topics.stream()
                .map(topic -> new NewTopic(topic, Optional.of(partitions), Optional.empty()))
                .toList();
        await(admin.createTopics(fresh).all());
    }

    @Override
    public void deleteTopics(Collection<String> topics) {
        await(admin.deleteTopics(topics).all());
    }

    @Override
    public void deleteGroups(Collection<String> groups) {
        await(admin.deleteConsumerGroups(groups).all());
    }

    @Override
    public Publisher openPublisher(BenchPlan.Publish plan) {
        Map<String, Object> own = new HashMap<>();
        own.put(ProducerConfig.ACKS_CONFIG, "all");
        own.put(
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                plan.batching().compression().label());
        if (plan.batching().batchBytes() > 0) {
            own.put(ProducerConfig.BATCH_SIZE_CONFIG, plan.batching().batchBytes());
        }
        if (plan.batching().lingerMs() >= 0) {
            own.put(ProducerConfig.LINGER_MS_CONFIG, plan.batching().lingerMs());
        }
        return new KafkaPublisher(
                new KafkaProducer<>(options(own), new ByteArraySerializer(), new ByteArraySerializer()));
    }

    @Override
    public Reader openReader(List<String> topics, String group, Share share, boolean latest) {
        Map<String, Object> own = new HashMap<>();
        own.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, latest ? "latest" : "earliest");
        if (group == null) {
            own.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        } else {
            own.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        }
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(options(own), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        if (group == null) {
            List<TopicPartition> all = allPartitions(topics);
            List<TopicPartition> mine = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                if (share.holds(i)) mine.add(all.get(i));
            }
            consumer.assign(mine);
        } else {
            consumer.subscribe(topics);
        }
        return new KafkaReader(consumer);
    }

    @Override
    public void close() {
        admin.close();
    }

    private static <T> T await(KafkaFuture<T> future) {
        try {
            return future.get(CALL_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new BenchException("the broker refused a call of Kafka's admin client (" + cause(e) + ").", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for Kafka's admin client.", e);
        }
    }

    private static String cause(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private record KafkaPublisher(KafkaProducer<byte[], byte[]> producer) implements Publisher {
        @Override
        public void publish(String topic, byte[] key, byte[] value) throws Exception {
            producer.send(new ProducerRecord<>(topic, key, value)).get();
        }

        @Override
        public void send(String topic, byte[] key, byte[] value, long startNanos, Acks acks) {
            int bytes = value.length + (key == null ? 0 : key.length);
            producer.send(
                    new ProducerRecord<>(topic, key, value),
                    (metadata, failure) -> acks.settled(startNanos, bytes, failure));
        }

        /** Its one thread would wait for itself where a topic's metadata is missing. */
        @Override
        public boolean sendsFromAcks() {
            return false;
        }

        @Override
        public void flush() {
            producer.flush();
        }

        @Override
        public void close() {
            producer.close(Duration.ofSeconds(CALL_S));
        }
    }

    private record KafkaReader(KafkaConsumer<byte[], byte[]> consumer) implements Reader {
        @Override
        public int poll(Duration timeout, Sink sink) {
            ConsumerRecords<byte[], byte[]> records = consumer.poll(timeout);
            for (ConsumerRecord<byte[], byte[]> record : records) {
                sink.take(record.key(), record.value());
            }
            return records.count();
        }

        @Override
        public int positionedPartitions() {
            Set<TopicPartition> mine = consumer.assignment();
            mine.forEach(consumer::position);
            return mine.size();
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
