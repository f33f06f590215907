package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What a {@link SubscriptionRunner} draws from. Thread: the runner's, unless said. */
interface EventSource {
    /** Up to {@code countMax} events, each partition's in its order; waits for the first. */
    List<ReceivedMessage> poll(Duration timeout, int countMax);

    /** Of each partition that has begun: all before it was polled, or does not match. */
    Map<TopicPartition, Long> positions();

    /** Whether the broker has told of all partitions that nothing was left. */
    boolean signalledEnd();

    /** Ends the wait of {@link #poll}. Thread: any. */
    void wakeUp();

    void close();
}
