package dev.millrace.core.stream;

import dev.millrace.core.log.PartitionLog;

/**
 * Where an append to streams goes.
 *
 * @param tags whether tags and types are indexed
 * @param idWindowMs for how long ids are remembered
 */
public record StreamTarget(String topic, PartitionLog log, boolean tags, long idWindowMs) {
    int partitionId() {
        return log.partitionId();
    }
}
