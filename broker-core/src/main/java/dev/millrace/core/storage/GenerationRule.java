package dev.millrace.core.storage;

/**
 * Holds the rule that keeps flushed files from overlapping: all chunks in one memtable carry one generation, and no two
 * memtables share one. Broken, it costs rewrites, not data. Thread: shard.
 */
final class GenerationRule {
    private static final int NONE = -1;

    private int newest;
    private int current = NONE;

    /** @param newestOnDisk the newest generation that the log holds, or -1 */
    GenerationRule(int newestOnDisk) {
        newest = newestOnDisk;
    }

    /** The first append after an open may start any newer generation; later ones must keep to the current. */
    void checkAppend(int generation) {
        if (current == NONE && generation > newest) {
            current = generation;
            newest = generation;
        }
        if (generation != current) {
            throw new IllegalArgumentException("append to generation " + generation + ", but the current one is "
                    + (current == NONE ? "none and " + newest + " was written before this open" : current)
                    + "; rotate to a greater one first");
        }
    }

    void rotate(int newGeneration) {
        if (newGeneration <= newest) {
            throw new IllegalArgumentException(
                    "rotate to generation " + newGeneration + ", but " + newest + " was there before");
        }
        current = newGeneration;
        newest = newGeneration;
    }
}
