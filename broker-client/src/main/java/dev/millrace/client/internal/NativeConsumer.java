package dev.millrace.client.internal;

import dev.millrace.client.Consumer;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/** Reads partitions without a group, in pull style. Thread: any; polls come one after the other. */
final class NativeConsumer implements Consumer, EventSource {
    private final FeedSet feeds;
    private final int pollCountMax;
    private final java.util.function.Consumer<AutoCloseable> onClose;
    private final ReentrantLock polling = new ReentrantLock();

    NativeConsumer(FeedSet feeds, int pollCountMax, java.util.function.Consumer<AutoCloseable> onClose) {
        this.feeds = feeds;
        this.pollCountMax = pollCountMax;
        this.onClose = onClose;
    }

    void add(TopicPartition partition, UUID topicId, StartFrom start, int partitionCount) {
        feeds.add(partition, topicId, FeedSet.toWire(start), partitionCount);
    }

    @Override
    public List<ReceivedMessage> poll(Duration timeout) {
        return new Inbound(feeds.telemetry(), null).poll(() -> poll(timeout, pollCountMax));
    }

    /** For the client itself, of which telemetry does not hear. */
    @Override
    public List<ReceivedMessage> poll(Duration timeout, int countMax) {
        polling.lock();
        try {
            return feeds.buffer().poll(Math.min(countMax, pollCountMax), timeout.toNanos(), (partition, problem) -> {
                throw Waiting.rethrown(problem);
            });
        } finally {
            polling.unlock();
        }
    }

    /** Where each partition goes on. */
    @Override
    public Map<TopicPartition, Long> positions() {
        return feeds.buffer().positions();
    }

    /** Of a filtered subscription: whether it was told to be at the end. */
    @Override
    public boolean signalledEnd() {
        return feeds.buffer().signalledEnd();
    }

    @Override
    public void wakeUp() {
        feeds.buffer().wakeUp();
    }

    @Override
    public Set<TopicPartition> assignment() {
        return feeds.buffer().partitions();
    }

    @Override
    public long position(TopicPartition partition) {
        return feeds.buffer().position(partition);
    }

    @Override
    public long endOffset(TopicPartition partition) {
        return feeds.buffer().endOffset(partition);
    }

    @Override
    public boolean caughtUp() {
        return feeds.buffer().caughtUp();
    }

    @Override
    public void pause(Collection<TopicPartition> partitions) {
        feeds.buffer().setPaused(partitions, true);
    }

    @Override
    public void resume(Collection<TopicPartition> partitions) {
        feeds.buffer().setPaused(partitions, false);
    }

    @Override
    public void seek(TopicPartition partition, long offset) {
        feeds.seek(partition, offset);
    }

    @Override
    public void close() {
        feeds.close();
        onClose.accept(this);
    }
}
