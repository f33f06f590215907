package dev.millrace.client.internal;

import dev.millrace.client.EventFilter;
import dev.millrace.client.EventSubscription;
import dev.millrace.client.EventSubscriptionBuilder;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.wire.TopicFrames;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

final class NativeSubscriptionBuilder implements EventSubscriptionBuilder {
    private static final int BUFFER_BYTES = 16 << 20;

    private final Link link;
    private final OpenThings opened;
    private List<String> topics = List.of();
    private byte[] key;
    private byte[] keyPrefix;
    private EventFilter filter;
    private StartFrom start = StartFrom.earliest();
    private Map<TopicPartition, Long> positions = Map.of();

    NativeSubscriptionBuilder(Link link, OpenThings opened) {
        this.link = link;
        this.opened = opened;
    }

    @Override
    public EventSubscriptionBuilder topics(String... namesOrPatterns) {
        topics = List.of(namesOrPatterns);
        return this;
    }

    @Override
    public EventSubscriptionBuilder stream(String key) {
        this.key = key.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    @Override
    public EventSubscriptionBuilder keyPrefix(String prefix) {
        keyPrefix = prefix.getBytes(StandardCharsets.UTF_8);
        return this;
    }

    @Override
    public EventSubscriptionBuilder filter(EventFilter filter) {
        this.filter = filter;
        return this;
    }

    @Override
    public EventSubscriptionBuilder from(StartFrom start) {
        this.start = Objects.requireNonNull(start, "start");
        return this;
    }

    @Override
    public EventSubscriptionBuilder fromCheckpoint(String checkpoint) {
        positions = Checkpoints.decode(checkpoint);
        return this;
    }

    @Override
    public EventSubscription start(EventHandler handler) {
        Objects.requireNonNull(handler, "handler");
        Map<TopicPartition, UUID> partitions = find();
        FeedFilter wire = new FeedFilter(key, keyPrefix, NativeEventStreams.toWire(filter));
        Map<TopicPartition, Long> from = new TreeMap<>(positions);
        from.keySet().retainAll(partitions.keySet());
        NativeConsumer consumer = new NativeConsumer(
                new FeedSet(link, BUFFER_BYTES, wire), SubscriptionRunner.POLL_EVENTS_MAX, closed -> {});
        SubscriptionRunner runner = new SubscriptionRunner(
                consumer, from, new Inbound(link.telemetry(), null), handler, System::nanoTime, opened::remove);
        opened.add(runner);
        partitions.forEach((partition, topicId) -> {
            Long offset = from.get(partition);
            consumer.add(partition, topicId, offset == null ? start : StartFrom.offset(offset), partitions.size());
        });
        runner.start();
        return runner;
    }

    /** Fails: TOPIC_NOT_FOUND, INVALID_REQUEST. */
    private Map<TopicPartition, UUID> find() {
        Map<TopicPartition, UUID> found = new TreeMap<>();
        for (TopicFrames.TopicInfo info : new TopicDirectory(link).findAll(topics)) {
            for (TopicFrames.PartitionInfo partition : info.partitions()) {
                boolean wanted =
                        key == null || Murmur2.partition(key, info.partitions().size()) == partition.partition();
                if (wanted) {
                    found.put(new TopicPartition(info.name(), partition.partition()), info.topicId());
                }
            }
        }
        return found;
    }
}
