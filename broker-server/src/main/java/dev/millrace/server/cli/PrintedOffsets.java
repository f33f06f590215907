package dev.millrace.server.cli;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceException;
import dev.millrace.client.RebalanceListener;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import java.io.PrintStream;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Commits what was printed, and nothing else: along the way, before a partition goes to another member, and at the end.
 *
 * <p><em>Thread:</em> the one that polls.
 */
final class PrintedOffsets implements RebalanceListener {
    private final PrintStream err;
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private GroupConsumer consumer;
    private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

    PrintedOffsets(PrintStream err) {
        this.err = err;
    }

    void attach(GroupConsumer consumer) {
        this.consumer = consumer;
    }

    /** All that was handed out so far is printed. */
    void printed(List<ReceivedMessage> batch) {
        for (ReceivedMessage message : batch) next.put(message.topicPartition(), message.offset() + 1);
        // One at a time: a commit covers all that was printed while the one before was on its way.
        if (running.isDone()) running = consumer.commitAsync();
    }

    /** Only the first part of what was handed out is printed. */
    void printedLast(List<ReceivedMessage> part) {
        for (ReceivedMessage message : part) next.put(message.topicPartition(), message.offset() + 1);
    }

    /** Commits the rest and waits until it is on the broker's disk. */
    void commit() {
        commit(Map.copyOf(next));
    }

    @Override
    public void onRevoked(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> leaving = new HashMap<>();
        for (TopicPartition partition : partitions) {
            Long offset = next.remove(partition);
            if (offset != null) leaving.put(partition, offset);
        }
        commit(leaving);
    }

    @Override
    public void onLost(Collection<TopicPartition> partitions) {
        next.keySet().removeAll(partitions);
    }

    @Override
    public void onOffsetReset(TopicPartition partition, long wantedOffset, long actualOffset) {
        err.println("warning: " + partition + " no longer holds offset " + wantedOffset + "; going on at "
                + actualOffset + ".");
    }

    private void commit(Map<TopicPartition, Long> offsets) {
        if (offsets.isEmpty()) return;
        try {
            consumer.commit(offsets);
        } catch (MillraceException e) {
            if (!isTakenOver(e.fault())) throw e;
            err.println("warning: some of what was printed is not committed and will be read again, because "
                    + "another member has the partitions now (" + e.detail() + ").");
        }
    }

    private static boolean isTakenOver(Fault fault) {
        return fault == Fault.FENCED_MEMBER || fault == Fault.NOT_ASSIGNED || fault == Fault.UNKNOWN_MEMBER;
    }
}
