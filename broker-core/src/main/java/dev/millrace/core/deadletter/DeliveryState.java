package dev.millrace.core.deadletter;

import java.util.List;

/**
 * What a member has to know of a partition before it hands its records to a handler.
 *
 * @param askBelow records before this offset may be done or may have been tried before: begin each with the broker
 * @param parkedKeys hashes of keys with dead letters: begin their records with the broker
 */
public record DeliveryState(int partitionId, long askBelow, List<Long> parkedKeys) {}
