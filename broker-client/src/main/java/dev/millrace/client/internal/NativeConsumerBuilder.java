package dev.millrace.client.internal;

import dev.millrace.client.Consumer;
import dev.millrace.client.ConsumerBuilder;
import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceException;
import dev.millrace.client.RunningConsumer;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.TopicFrames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

final class NativeConsumerBuilder implements ConsumerBuilder {
    private static final int BUFFER_BYTES_MIN = 64 << 10;

    private final Link link;
    private final OpenThings opened;
    private List<String> topics = List.of();
    private List<Integer> partitions = List.of();
    private StartFrom start = StartFrom.latest();
    private int bufferBytes = 32 << 20;
    private int pollCountMax = 1000;

    NativeConsumerBuilder(Link link, OpenThings opened) {
        this.link = link;
        this.opened = opened;
    }

    @Override
    public ConsumerBuilder topics(String... namesOrPatterns) {
        this.topics = List.of(namesOrPatterns);
        return this;
    }

    @Override
    public ConsumerBuilder partitions(int... partitions) {
        this.partitions = IntStream.of(partitions).boxed().distinct().toList();
        return this;
    }

    @Override
    public ConsumerBuilder from(StartFrom start) {
        this.start = Objects.requireNonNull(start, "start");
        return this;
    }

    @Override
    public ConsumerBuilder bufferSize(int bytes) {
        this.bufferBytes = Checks.range("bufferSize", bytes, BUFFER_BYTES_MIN, Integer.MAX_VALUE);
        return this;
    }

    @Override
    public ConsumerBuilder pollMax(int messages) {
        this.pollCountMax = Checks.range("pollMax", messages, 1, Integer.MAX_VALUE);
        return this;
    }

    @Override
    public Consumer open() {
        return openNative();
    }

    @Override
    public RunningConsumer start(MessageHandler handler) {
        NativeConsumer consumer = openNative();
        HandlerRunner runner = new HandlerRunner(
                new PlainSource(consumer),
                new Inbound(link.telemetry(), null).traced(handler),
                1,
                FailurePolicy.stop(),
                null,
                opened::remove);
        opened.add(runner);
        runner.start();
        return runner;
    }

    private NativeConsumer openNative() {
        Map<TopicPartition, UUID> found = find();
        NativeConsumer consumer = new NativeConsumer(new FeedSet(link, bufferBytes), pollCountMax, opened::remove);
        opened.add(consumer);
        found.forEach((partition, topicId) -> consumer.add(partition, topicId, start, found.size()));
        return consumer;
    }

    /** Fails: TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, INVALID_REQUEST. */
    private Map<TopicPartition, UUID> find() {
        Collection<TopicFrames.TopicInfo> infos = new TopicDirectory(link).findAll(topics);
        Map<TopicPartition, UUID> found = new TreeMap<>();
        infos.forEach(info -> wanted(info)
                .forEach(partition -> found.put(new TopicPartition(info.name(), partition), info.topicId())));
        return found;
    }

    private List<Integer> wanted(TopicFrames.TopicInfo info) {
        List<Integer> all = info.partitions().stream()
                .map(TopicFrames.PartitionInfo::partition)
                .collect(Collectors.toList());
        if (partitions.isEmpty()) {
            return all;
        }
        List<Integer> missing = new ArrayList<>(partitions);
        missing.removeAll(all);
        if (!missing.isEmpty()) {
            throw new MillraceException(
                    Fault.PARTITION_NOT_FOUND,
                    "topic " + info.name() + " has " + all.size() + " partitions, there is no " + missing);
        }
        return partitions;
    }
}
