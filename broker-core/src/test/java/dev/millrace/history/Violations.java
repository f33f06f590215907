package dev.millrace.history;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Collects violations: the first of each property in words, the rest as a number. Thread: the history's lock. */
final class Violations {
    private static final int KEPT_PER_PROPERTY = 10;

    private final Map<Property, List<Violation>> kept = new EnumMap<>(Property.class);
    private final Map<Property, Integer> counts = new EnumMap<>(Property.class);

    void add(Property property, String format, Object... values) {
        counts.merge(property, 1, Integer::sum);
        List<Violation> some = kept.computeIfAbsent(property, p -> new ArrayList<>());
        if (some.size() < KEPT_PER_PROPERTY) {
            some.add(new Violation(property, String.format(format, values)));
        }
    }

    List<Violation> list() {
        List<Violation> all = new ArrayList<>();
        kept.forEach((property, some) -> {
            all.addAll(some);
            int more = counts.get(property) - some.size();
            if (more > 0) {
                all.add(new Violation(property, "and " + more + " more"));
            }
        });
        return all;
    }
}
