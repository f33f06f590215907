package dev.millrace.core.deadletter;

/** The place of a record: the id of its partition's log, and its offset there. */
public record RecordId(int partitionId, long offset) implements Comparable<RecordId> {
    @Override
    public int compareTo(RecordId other) {
        int byPartition = Integer.compareUnsigned(partitionId, other.partitionId);
        return byPartition != 0 ? byPartition : Long.compare(offset, other.offset);
    }
}
