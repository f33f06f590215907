package dev.millrace.core.log;

import dev.millrace.core.storage.GenerationRange;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * Counts the segments in each generation, so that files go as soon as nobody needs them: a topic that keeps a little for
 * long holds only the generations that it wrote into, not all that came later. Thread: shard.
 */
final class GenerationUse {
    private final TreeMap<Integer, Integer> segmentCounts = new TreeMap<>();

    void add(Segment segment) {
        segmentCounts.merge(segment.generation(), 1, Integer::sum);
    }

    void remove(Segment segment) {
        segmentCounts.computeIfPresent(segment.generation(), (generation, count) -> count == 1 ? null : count - 1);
    }

    /** Generations before {@code end} without a segment. */
    List<GenerationRange> unneededBefore(int end) {
        List<GenerationRange> unneeded = new ArrayList<>();
        int from = 0;
        for (int needed : segmentCounts.headMap(end).keySet()) {
            if (from < needed) {
                unneeded.add(new GenerationRange(from, needed));
            }
            from = needed + 1;
        }
        if (from < end) {
            unneeded.add(new GenerationRange(from, end));
        }
        return unneeded;
    }
}
