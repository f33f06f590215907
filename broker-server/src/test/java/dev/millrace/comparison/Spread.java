package dev.millrace.comparison;

import java.util.List;

/** The middle and the ends of what some rounds gave. */
record Spread(double median, double min, double max) {
    static Spread of(List<Double> rounds) {
        if (rounds.isEmpty()) throw new IllegalArgumentException("no round was measured");
        List<Double> sorted = rounds.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Spread(median, sorted.get(0), sorted.get(sorted.size() - 1));
    }
}
