package dev.millrace.history;

/** Where a group stands in a partition, beside what there is to read. */
public record GroupStand(String group, int log, long committedOffset, long startOffset, long endOffset) {
    /** True where nothing is left to read; what retention took before it was read is not asked for. */
    public boolean isAtEnd() {
        return Math.max(committedOffset, startOffset) == endOffset;
    }

    @Override
    public String toString() {
        return group + " has committed " + committedOffset + " in partition " + log + ", which holds " + startOffset
                + " to " + endOffset;
    }
}
