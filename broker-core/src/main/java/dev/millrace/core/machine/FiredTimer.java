package dev.millrace.core.machine;

/**
 * A timer that is no longer pending because its time has come.
 *
 * @param topic where its record went, or null where it was dropped: that topic was deleted meanwhile, or its stream refused it
 */
public record FiredTimer(String topic, int bytes, long dueMs) {}
