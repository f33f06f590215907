package dev.millrace.core.group;

import dev.millrace.core.error.Fault;

/**
 * What became of one partition in a commit or reset.
 *
 * @param fault why the partition was refused, or null where it was accepted
 * @param detail what happened where it was refused, else empty
 * @param committedOffset what is stored after the request, or -1 where nothing is; higher than the committed offset
 *     where a commit came late, because commits never move backwards
 */
public record PartitionResult(int partitionId, Fault fault, String detail, long committedOffset) {
    static PartitionResult accepted(int partitionId, long committedOffset) {
        return new PartitionResult(partitionId, null, "", committedOffset);
    }

    public boolean accepted() {
        return fault == null;
    }
}
