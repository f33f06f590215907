package dev.millrace.core.group;

/** How a membership ended. */
public enum LeaveResult {
    /** The member is gone; its partitions are free. */
    LEFT,
    /** The static member's place is kept until its session ends. */
    PLACE_KEPT
}
