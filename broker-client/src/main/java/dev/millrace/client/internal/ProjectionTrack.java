package dev.millrace.client.internal;

import dev.millrace.client.TopicPartition;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * How far a projection is in one partition: events finish out of order, and all before the first unfinished one are passed.
 *
 * <p>Where finishing is not enough, because outputs must be committed in order, finished events stay until {@link #remove}.
 * Thread: any, by its monitor.
 */
final class ProjectionTrack {
    final TopicPartition partition;
    private final boolean keepsFinished;
    private final Deque<ProjectionTask> inHand = new ArrayDeque<>();
    private long handedOutTo;

    /** Finished events before the first unfinished one, and the offset behind them. */
    record Prefix(List<ProjectionTask> tasks, long nextOffset) {}

    ProjectionTrack(TopicPartition partition, long startOffset, boolean keepsFinished) {
        this.partition = partition;
        this.handedOutTo = startOffset;
        this.keepsFinished = keepsFinished;
    }

    synchronized void handOut(ProjectionTask task) {
        inHand.add(task);
    }

    /** All before the offset was handed out, or is not for this projection. */
    synchronized void handedOutTo(long offset) {
        handedOutTo = Math.max(handedOutTo, offset);
    }

    synchronized long handedOutTo() {
        return handedOutTo;
    }

    synchronized void finished(ProjectionTask task) {
        task.finished = true;
        while (!keepsFinished && !inHand.isEmpty() && inHand.peek().finished) {
            inHand.remove();
        }
    }

    synchronized int inHandCount() {
        return inHand.size();
    }

    /** The offset before which everything is passed. */
    synchronized long passed() {
        return inHand.isEmpty() ? handedOutTo : inHand.peek().event.offset();
    }

    synchronized Prefix prefix(int countMax) {
        List<ProjectionTask> tasks = new ArrayList<>();
        for (ProjectionTask task : inHand) {
            if (!task.finished || tasks.size() == countMax) {
                return new Prefix(tasks, task.event.offset());
            }
            tasks.add(task);
        }
        return new Prefix(tasks, handedOutTo);
    }

    synchronized void remove(int count) {
        for (int i = 0; i < count; i++) {
            inHand.remove();
        }
    }
}
