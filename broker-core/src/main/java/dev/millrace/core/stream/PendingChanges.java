package dev.millrace.core.stream;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Streams whose head was changed by something else than an append and not yet durably: who reads such a head must wait
 * before he tells. Thread: any.
 */
public final class PendingChanges {
    private final Map<StreamKey, Integer> counts = new ConcurrentHashMap<>();

    /** Before the change can be read. */
    void add(StreamKey stream) {
        counts.merge(stream, 1, Integer::sum);
    }

    /** Once it is durable. */
    void remove(StreamKey stream) {
        counts.computeIfPresent(stream, (key, count) -> count == 1 ? null : count - 1);
    }

    /** Asked after the head was read: then nothing slips in between. */
    public boolean contains(StreamKey stream) {
        return counts.containsKey(stream);
    }

    /** True where any stream of the partition is among them. */
    public boolean touches(int partitionId) {
        return counts.keySet().stream().anyMatch(stream -> stream.partitionId() == partitionId);
    }
}
