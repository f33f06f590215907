package dev.millrace.client.internal;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.Murmur2;
import dev.millrace.core.wire.TopicFrames.TopicInfo;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** Remembers topics for a minute, and chooses partitions in them. Waits for the broker. Thread: any but the loop. */
final class TopicPartitions {
    private static final long LIFE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private final TopicDirectory directory;
    private final RandomGenerator random;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    private record Known(TopicInfo topic, long sinceNanos) {}

    TopicPartitions(Link link, RandomGenerator random) {
        this.directory = new TopicDirectory(link);
        this.random = random;
    }

    /** Fails: TOPIC_NOT_FOUND. */
    TopicInfo topic(String name) {
        Known before = known.get(name);
        if (before != null && System.nanoTime() - before.sinceNanos < LIFE_NANOS) {
            return before.topic;
        }
        TopicInfo found = Waiting.on(directory.describe(name));
        known.put(name, new Known(found, System.nanoTime()));
        return found;
    }

    /** Topics may have changed. */
    void forgetAll() {
        known.clear();
    }

    /** As a producer chooses, but that each message without a key goes anywhere. Fails: PARTITION_NOT_FOUND. */
    int partition(Message message, TopicInfo topic) {
        int count = topic.partitions().size();
        if (message.partition() >= count || message.partition() < -1) {
            throw new MillraceException(
                    Fault.PARTITION_NOT_FOUND,
                    "topic " + topic.name() + " has partitions 0 to " + (count - 1) + ", not " + message.partition());
        }
        if (message.partition() >= 0) {
            return message.partition();
        }
        return message.key() != null ? Murmur2.partition(message.key(), count) : random.nextInt(count);
    }
}
