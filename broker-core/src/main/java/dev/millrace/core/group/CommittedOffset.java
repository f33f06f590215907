package dev.millrace.core.group;

/**
 * How far a group has read one partition.
 *
 * @param offset of the next record to read
 * @param leaderEpoch of the last record read, or -1
 * @param commitTimeMs when it was committed, by the broker's clock
 */
public record CommittedOffset(long offset, int leaderEpoch, long commitTimeMs, String metadata) {}
