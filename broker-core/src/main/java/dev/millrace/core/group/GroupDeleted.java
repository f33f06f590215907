package dev.millrace.core.group;

/** A deleted group, with how many committed offsets went with it. */
public record GroupDeleted(String group, int offsetCount) {}
