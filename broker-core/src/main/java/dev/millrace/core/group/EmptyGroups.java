package dev.millrace.core.group;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;

/** Groups without members, the longest empty one first, so that expiry looks at no other. */
final class EmptyGroups {
    private final Map<String, Long> sinceMsByGroup = new HashMap<>();
    private final TreeSet<Entry> longestFirst =
            new TreeSet<>(Comparator.comparingLong(Entry::sinceMs).thenComparing(Entry::group));

    private record Entry(long sinceMs, String group) {}

    /** {@code sinceMs} is {@link Group#NOT_EMPTY} for a group with members, or one that is gone. */
    void update(String group, long sinceMs) {
        Long before = sinceMsByGroup.remove(group);
        if (before != null) {
            longestFirst.remove(new Entry(before, group));
        }
        if (sinceMs != Group.NOT_EMPTY) {
            sinceMsByGroup.put(group, sinceMs);
            longestFirst.add(new Entry(sinceMs, group));
        }
    }

    /** A group that has been empty for at least {@code retentionMs}, or null. A negative retention is for ever. */
    String firstDue(long nowMs, long retentionMs) {
        if (retentionMs < 0 || longestFirst.isEmpty() || nowMs - longestFirst.first().sinceMs < retentionMs) {
            return null;
        }
        return longestFirst.first().group;
    }
}
