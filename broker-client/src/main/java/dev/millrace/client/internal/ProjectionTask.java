package dev.millrace.client.internal;

import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.ProjectionDatabase;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.record.Murmur2;

/** One event in the hands of a projection. Thread: a worker; after {@link ProjectionTrack#finished} the keeper. */
final class ProjectionTask {
    final StoredEvent event;
    final ProjectionTrack track;
    final int lane;
    /** What the handler wants published and appended, or null. */
    RecordedOutputs outputs;
    /** Where it was put aside instead; else null. */
    ParkedEvent parked;
    /** By the track's monitor. */
    boolean finished;

    ProjectionTask(StoredEvent event, ProjectionTrack track) {
        this.event = event;
        this.track = track;
        this.lane = lane(event.key(), event.partition());
    }

    /**
     * Stored positions rest on this: it must never change. The upper bits, because the lower ones choose the partition. Events
     * without a key stay in order within their partition.
     */
    static int lane(byte[] key, int partition) {
        int hash = key == null ? partition : Murmur2.hash(key) >>> 16;
        return hash & ProjectionDatabase.LANES - 1;
    }

    Position position() {
        return Position.of(event);
    }
}
