package dev.millrace.core.group;

/** One line of a list of groups. */
public record GroupSummary(String group, GroupState state, int memberCount, int generation) {}
