package dev.millrace.faults;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.RebalanceListener;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.history.History;
import dev.millrace.history.Property;
import dev.millrace.history.Reader;
import dev.millrace.system.LoadEnd;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A member of the group that reads, commits by hand now and then, leaves, and comes back as a new member. */
final class MemberLoad {
    private static final Duration POLL = Duration.ofMillis(100);

    private final MillraceClient client;
    private final History history;
    private final String name;
    private final int meanLifeMs;
    private final Random random;
    private final Thread thread;
    private final Map<TopicPartition, Long> uncommitted = new HashMap<>();
    private volatile boolean stopped;
    private volatile long readCount;
    private int incarnation;

    MemberLoad(MillraceClient client, History history, String name, int meanLifeMs, long seed) {
        this.client = client;
        this.history = history;
        this.name = name;
        this.meanLifeMs = meanLifeMs;
        this.random = new Random(seed);
        this.thread = new Thread(this::liveUntilStopped, name);
        thread.start();
    }

    private void liveUntilStopped() {
        while (!stopped) {
            try {
                liveOnce(history.reader(name + "." + incarnation++));
            } catch (MillraceException e) {
                history.report(Property.PROGRESS, name + " could not go on: " + e.getMessage());
            }
        }
    }

    private void liveOnce(Reader reader) {
        uncommitted.clear();
        GroupConsumer[] self = new GroupConsumer[1];
        RebalanceListener listener = new RebalanceListener() {
            @Override
            public void onAssigned(Collection<TopicPartition> partitions) {
                partitions.forEach(partition -> reader.assignedBy(Workload.GROUP, partition.partition()));
            }

            @Override
            public void onRevoked(Collection<TopicPartition> partitions) {
                commit(self[0]);
                onLost(partitions);
            }

            @Override
            public void onLost(Collection<TopicPartition> partitions) {
                partitions.forEach(partition -> reader.revoked(partition.partition()));
                uncommitted.keySet().removeAll(partitions);
            }

            @Override
            public void onOffsetReset(TopicPartition partition, long wantedOffset, long actualOffset) {
                // Retention took what the group had not read; that it took no more than it may is judged at the end.
                reader.assigned(partition.partition(), actualOffset);
            }
        };
        try (GroupConsumer consumer = client.group(Workload.GROUP)
                .topics(Workload.TOPIC)
                .autoCommit(false)
                .listener(listener)
                .open()) {
            self[0] = consumer;
            long lifeMs = meanLifeMs == 0 ? Long.MAX_VALUE / 2_000_000 : meanLifeMs / 2 + random.nextInt(meanLifeMs);
            long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(lifeMs);
            while (System.nanoTime() < endNanos && !stopped) {
                pollOnce(consumer, reader);
            }
            commit(consumer);
        }
    }

    private void pollOnce(GroupConsumer consumer, Reader reader) {
        List<ReceivedMessage> polled = consumer.poll(POLL);
        for (ReceivedMessage message : polled) {
            reader.read(message.partition(), message.offset(), message.key(), message.value());
            uncommitted.put(new TopicPartition(message.topic(), message.partition()), message.offset() + 1);
            readCount++;
        }
        // Where nothing more comes, too: in the end the group must have committed everything.
        if (polled.isEmpty() || random.nextInt(4) == 0) {
            commit(consumer);
        }
    }

    /** A commit that fails is no harm: it is tried again while the member has the partitions, or the records come again. */
    private void commit(GroupConsumer consumer) {
        Map<TopicPartition, Long> offsets = Map.copyOf(uncommitted);
        if (offsets.isEmpty()) {
            return;
        }
        offsets.forEach((partition, offset) -> history.commitInvoked(Workload.GROUP, partition.partition(), offset));
        try {
            consumer.commit(offsets);
        } catch (MillraceException refusedOrUnknown) {
            return;
        }
        uncommitted.keySet().removeAll(offsets.keySet());
        offsets.forEach((partition, offset) -> history.commitAccepted(Workload.GROUP, partition.partition(), offset));
    }

    long readCount() {
        return readCount;
    }

    void stop() throws InterruptedException {
        abandon();
        LoadEnd.await(thread, history);
    }

    void abandon() {
        stopped = true;
    }
}
