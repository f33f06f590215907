package dev.millrace.client.internal;

import dev.millrace.client.EventFilter;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Position;
import dev.millrace.client.Projection;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.wire.TopicFrames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** The topics that a projection reads. Thread: any. */
final class ProjectionSource {
    private static final int BUFFER_BYTES = 16 << 20;
    private static final int POLL_COUNT_MAX = 1000;
    private static final int ONE_EVENT_BYTES = 64 << 10;

    private final Link link;
    private final String id;
    private final EventFilter filter;
    private final List<String> topics;
    private final Map<TopicPartition, UUID> partitions = new TreeMap<>();
    private final Map<TopicPartition, Long> starts = new TreeMap<>();

    /** Fails: TOPIC_NOT_FOUND, INVALID_REQUEST. */
    ProjectionSource(Link link, ProjectionOptions options) {
        this.link = link;
        this.id = options.id();
        this.filter = options.filter();
        this.topics = options.topics();
        for (TopicFrames.TopicInfo topic : new TopicDirectory(link).findAll(topics)) {
            for (TopicFrames.PartitionInfo partition : topic.partitions()) {
                TopicPartition name = new TopicPartition(topic.name(), partition.partition());
                partitions.put(name, topic.topicId());
                starts.put(name, partition.logStartOffset());
            }
        }
    }

    /** Where each partition begins. */
    Map<TopicPartition, Long> starts() {
        return starts;
    }

    NativeConsumer open(Map<TopicPartition, Long> from) {
        FeedFilter wire = filter == null ? null : new FeedFilter(null, null, NativeEventStreams.toWire(filter));
        NativeConsumer consumer =
                new NativeConsumer(new FeedSet(link, BUFFER_BYTES, wire), POLL_COUNT_MAX, closed -> {});
        from.forEach((partition, offset) ->
                consumer.add(partition, partitions.get(partition), StartFrom.offset(offset), partitions.size()));
        return consumer;
    }

    /** Where each partition ends now. */
    Map<TopicPartition, Long> ends() {
        Map<TopicPartition, Long> ends = new TreeMap<>();
        for (TopicFrames.TopicInfo topic : new TopicDirectory(link).findAll(topics)) {
            topic.partitions().forEach(partition -> {
                TopicPartition name = new TopicPartition(topic.name(), partition.partition());
                if (partitions.containsKey(name)) {
                    ends.put(name, partition.endOffset());
                }
            });
        }
        return ends;
    }

    /** The broker knows since when what is not passed was there, for it knows append times. */
    Projection.Lag lag(Map<TopicPartition, Long> passed) {
        long events = 0;
        for (Map.Entry<TopicPartition, Long> end : ends().entrySet()) {
            events += Math.max(0, end.getValue() - passed.get(end.getKey()));
        }
        long ms = events == 0 ? 0 : new NativeAdmin(link).describeGroup(id).lagMs();
        return new Projection.Lag(events, Duration.ofMillis(ms));
    }

    /** One event. Fails: POSITION_GONE. */
    StoredEvent read(Position position) {
        TopicPartition partition = position.topicPartition();
        UUID topicId = partitions.get(partition);
        if (topicId == null) {
            throw new MillraceException(
                    Fault.INVALID_REQUEST,
                    position + " is in a topic that projection " + id + " does not read any more");
        }
        try (NativeConsumer consumer = new NativeConsumer(new FeedSet(link, ONE_EVENT_BYTES), 1, closed -> {})) {
            consumer.add(partition, topicId, StartFrom.offset(position.offset()), 1);
            long deadlineNanos = System.nanoTime() + link.options().requestTimeoutNanos();
            while (System.nanoTime() < deadlineNanos) {
                List<ReceivedMessage> messages = consumer.poll(Duration.ofSeconds(1), 1);
                if (!messages.isEmpty()) {
                    return found(position, messages.get(0));
                }
            }
            throw new MillraceException(Fault.TIMED_OUT, position + " could not be read in time");
        } catch (MillraceException e) {
            if (e.fault() == Fault.OFFSET_OUT_OF_RANGE) {
                throw gone(position, e);
            }
            throw e;
        }
    }

    private static StoredEvent found(Position position, ReceivedMessage message) {
        if (message.offset() != position.offset()) {
            throw gone(position, null);
        }
        return StoredEvent.of(message);
    }

    private static MillraceException gone(Position position, MillraceException cause) {
        return new MillraceException(
                Fault.POSITION_GONE, position + " is no longer in the log: discard it, its key goes on then", cause);
    }
}
