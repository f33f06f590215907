package dev.millrace.client.internal;

import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Projection;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.TopicPartition;
import java.util.List;
import java.util.Map;

/** What differs between projections by where they keep their checkpoints. */
interface ProjectionMode {
    /**
     * Takes over from an instance before, and answers where each partition goes on.
     *
     * @param starts where a partition begins that has no checkpoint
     */
    Map<TopicPartition, Long> open(Map<TopicPartition, Long> starts);

    /** Whether finished events stay in hand until their outputs are committed. */
    boolean keepsFinished();

    /** Whether the event has had its effect before the take-over. Thread: dispatcher. */
    boolean isDone(ProjectionTask task);

    /** Handles events, in order. Thread: a worker, always the same for a lane. */
    void handle(List<ProjectionTask> tasks) throws InterruptedException;

    /** A worker has finished all its events before these offsets. Thread: that worker. */
    void passed(Map<TopicPartition, Long> offsets, int worker) throws InterruptedException;

    /** Keeps what can be kept. Thread: keeper. @param all also what is only told from time to time */
    void checkpoint(boolean all) throws InterruptedException;

    /** Tells the broker how far it is, where that is not part of each step. Thread: any. */
    void tell();

    /** Hands a parked event to the handler, and takes it out of the parked ones in the same step. Thread: keeper. */
    void retry(ParkedEvent parked, StoredEvent event) throws Exception;

    /** Takes a parked event out. Thread: keeper. */
    void discard(ParkedEvent parked) throws Exception;

    /** What it is about by what is stored; fails where that cannot be read now. Thread: any. */
    Projection.State state() throws Exception;

    /** Whether a failure of {@link #state} or {@link #retry} may pass. */
    boolean passes(Exception failure);

    /** Stops the version that serves; how far it was. */
    Map<TopicPartition, Long> retireLive() throws Exception;

    void makeLive() throws Exception;

    void close();
}
