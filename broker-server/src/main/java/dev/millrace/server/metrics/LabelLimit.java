package dev.millrace.server.metrics;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the values of a metric label, since each value costs the scraper a series for ever: the first names keep
 * theirs, all later ones share "other". Thread: any.
 */
final class LabelLimit {
    static final String OTHER = "other";

    private final int namesMax;
    private final Set<String> names = ConcurrentHashMap.newKeySet();

    LabelLimit(int namesMax) {
        this.namesMax = namesMax;
    }

    /** The label for a name. */
    String of(String name) {
        if (names.contains(name)) {
            return name;
        }
        synchronized (names) {
            return names.size() < namesMax && names.add(name) || names.contains(name) ? name : OTHER;
        }
    }

    /** Frees the places of names that are gone. Only for gauges: a counter that changes its label would fall. */
    void retain(Set<String> live) {
        names.retainAll(live);
    }
}
