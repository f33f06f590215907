package dev.millrace.core.group;

/** Where a group stands. */
public enum GroupState {
    /** No members; offsets are kept until they expire. */
    EMPTY,
    /** Every member holds what it is meant to hold. */
    STABLE,
    /** Some partitions are still on their way from one member to another. */
    RECONCILING
}
