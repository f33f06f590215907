package dev.millrace.client;

import java.util.List;
import java.util.Map;
import java.util.UUID;

/** A topic as the broker describes it. */
public record TopicInfo(String name, UUID id, Map<String, String> settings, List<Partition> partitions) {
    /**
     * The bounds of a partition.
     *
     * @param endOffset one past the last durable message
     */
    public record Partition(int partition, long startOffset, long endOffset, long bytes) {}

    /** Messages kept, all partitions together. */
    public long messages() {
        return partitions.stream()
                .mapToLong(p -> p.endOffset() - p.startOffset())
                .sum();
    }

    public long bytes() {
        return partitions.stream().mapToLong(Partition::bytes).sum();
    }
}
