package dev.millrace.core.group;

/**
 * What a member is told when it joins or sends a heartbeat.
 *
 * <p>The member stops working on everything that is not in {@code partitions} and confirms that by no longer listing it
 * as owned in its next heartbeat; it may start on everything that is.
 *
 * @param memberEpoch to be sent with heartbeats and commits from now on
 * @param partitions all that the member may work on; always complete
 * @param changed false where the member knows {@code partitions} already, so that an adapter need not send them
 */
public record Assignment(String memberId, int memberEpoch, PartitionSet partitions, boolean changed) {}
