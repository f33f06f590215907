package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Murmur2;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Chooses the partition of each message of one topic. Thread: any. */
final class TopicRoute {
    private final String topic;
    private final UUID topicId;
    private final List<Lane> lanes;
    private final long loadedNanos;
    private final RandomGenerator random;
    /** Where messages without a key go until a batch is full: a race between callers only moves it twice. */
    private volatile int stickyPartition;

    TopicRoute(String topic, UUID topicId, List<Lane> lanes, long loadedNanos, RandomGenerator random) {
        this.topic = topic;
        this.topicId = topicId;
        this.lanes = lanes;
        this.loadedNanos = loadedNanos;
        this.random = random;
        this.stickyPartition = random.nextInt(lanes.size());
    }

    UUID topicId() {
        return topicId;
    }

    List<Lane> lanes() {
        return lanes;
    }

    long loadedNanos() {
        return loadedNanos;
    }

    /** Fails: PARTITION_NOT_FOUND. */
    Lane laneOf(Message message) {
        if (message.partition() >= lanes.size() || message.partition() < -1) {
            throw new MillraceException(
                    Fault.PARTITION_NOT_FOUND,
                    "topic " + topic + " has partitions 0 to " + (lanes.size() - 1) + ", not " + message.partition());
        }
        if (message.partition() >= 0) {
            return lanes.get(message.partition());
        }
        return lanes.get(message.key() != null ? Murmur2.partition(message.key(), lanes.size()) : stickyPartition);
    }

    /** A batch of messages without a key is full: the next goes elsewhere. */
    void moveSticky() {
        if (lanes.size() > 1) {
            stickyPartition = (stickyPartition + 1 + random.nextInt(lanes.size() - 1)) % lanes.size();
        }
    }
}
