package dev.millrace.core.group;

/** A partition whose holder ended without a word. */
public record LostPartition(String group, int partitionId) {}
