package dev.millrace.server.bench;

import dev.millrace.client.Admin;
import dev.millrace.client.BrokerInfo;
import dev.millrace.client.Consumer;
import dev.millrace.client.ConsumerBuilder;
import dev.millrace.client.GroupBuilder;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import dev.millrace.client.ProducerBuilder;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** Millrace by its Java client. */
final class MillraceTarget implements Target {
    private static final String UNKNOWN = "unknown";

    private final String address;
    private final MillraceClient client;
    private final Admin admin;

    private MillraceTarget(String address) {
        this.address = address;
        this.client = open(address);
        this.admin = client.admin();
    }

    static Target connect(BenchPlan.Server server) {
        return new MillraceTarget(server.address());
    }

    private static MillraceClient open(String address) {
        return MillraceClient.builder()
                .server(address)
                .clientId("millrace-bench")
                .build();
    }

    @Override
    public Facts facts() {
        BrokerInfo info = admin.brokerInfo();
        Map<String, String> properties = info.properties();
        return new Facts(
                info.software(),
                properties.getOrDefault("durability", UNKNOWN),
                properties.get("data"),
                Long.parseLong(properties.getOrDefault("pid", "0")),
                properties.get("java"));
    }

    @Override
    public Map<String, Integer> partitions(Collection<String> topics) {
        Map<String, Integer> found = new HashMap<>();
        for (TopicInfo topic : existing(topics)) {
            found.put(topic.name(), topic.partitions().size());
        }
        return found;
    }

    @Override
    public long messages(Collection<String> topics) {
        return existing(topics).stream().mapToLong(TopicInfo::messages).sum();
    }

    private List<TopicInfo> existing(Collection<String> topics) {
        Set<String> wanted = new HashSet<>(topics);
        return admin.listTopics().stream()
                .filter(topic -> wanted.contains(topic.name()))
                .toList();
    }

    @Override
    public void createTopics(Collection<String> topics, int partitions) {
        topics.forEach(topic -> admin.createTopic(topic, partitions));
    }

    @Override
    public void deleteTopics(Collection<String> topics) {
        topics.forEach(admin::deleteTopic);
    }

    @Override
    public void deleteGroups(Collection<String> groups) {
        groups.forEach(admin::deleteGroup);
    }

    @Override
    public Publisher openPublisher(BenchPlan.Publish plan) {
        MillraceClient connection = open(address);
        ProducerBuilder builder =
                connection.producer().compression(plan.batching().compression());
        if (plan.batching().batchBytes() > 0) {
            builder.batchSize(plan.batching().batchBytes());
        }
        if (plan.batching().lingerMs() >= 0) {
            builder.linger(Duration.ofMillis(plan.batching().lingerMs()));
        }
        return new MillracePublisher(connection, builder.build());
    }

    @Override
    public Reader openReader(List<String> topics, String group, Share share, boolean latest) {
        MillraceClient connection = open(address);
        StartFrom start = latest ? StartFrom.latest() : StartFrom.earliest();
        String[] names = topics.toArray(String[]::new);
        if (group != null) {
            GroupBuilder builder = connection.group(group).topics(names).startFrom(start);
            return new MillraceReader(connection, builder.open());
        }
        ConsumerBuilder builder = connection.consumer().topics(names).from(start);
        return new MillraceReader(connection, share.count() == 1 ? builder.open() : shared(builder, topics, share));
    }

    private Consumer shared(ConsumerBuilder builder, List<String> topics, Share share) {
        // The same partitions of each topic: those that the share holds of the widest one.
        int widest = partitions(topics).values().stream().max(Integer::compare).orElse(1);
        int[] mine = IntStream.range(0, widest).filter(share::holds).toArray();
        return builder.partitions(mine).open();
    }

    @Override
    public void close() {
        client.close();
    }

    private record MillracePublisher(MillraceClient connection, Producer producer) implements Publisher {
        @Override
        public void publish(String topic, byte[] key, byte[] value) {
            producer.publish(Message.of(topic, key, value));
        }

        @Override
        public void send(String topic, byte[] key, byte[] value, long startNanos, Acks acks) {
            int bytes = value.length + (key == null ? 0 : key.length);
            producer.publishAsync(
                    Message.of(topic, key, value), (receipt, failure) -> acks.settled(startNanos, bytes, failure));
        }

        @Override
        public boolean sendsFromAcks() {
            return true;
        }

        @Override
        public void flush() {
            producer.flush();
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    private record MillraceReader(MillraceClient connection, Consumer consumer) implements Reader {
        @Override
        public int poll(Duration timeout, Sink sink) {
            List<ReceivedMessage> messages = consumer.poll(timeout);
            for (ReceivedMessage message : messages) {
                sink.take(message.key(), message.value());
            }
            return messages.size();
        }

        @Override
        public int positionedPartitions() {
            int positioned = 0;
            for (TopicPartition partition : consumer.assignment()) {
                if (consumer.position(partition) >= 0) positioned++;
            }
            return positioned;
        }

        @Override
        public void close() {
            connection.close();
        }
    }
}
