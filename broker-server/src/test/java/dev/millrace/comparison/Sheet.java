package dev.millrace.comparison;

import dev.millrace.comparison.Results.Measured;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the rounds of one case write down. */
final class Sheet {
    private final Map<Figure, List<Double>> ours = new EnumMap<>(Figure.class);
    private final Map<Figure, List<Double>> others = new EnumMap<>(Figure.class);
    private final Map<Figure, Set<String>> commands = new EnumMap<>(Figure.class);

    void ours(Figure figure, double value) {
        ours.computeIfAbsent(figure, key -> new ArrayList<>()).add(value);
    }

    void other(Figure figure, double value) {
        others.computeIfAbsent(figure, key -> new ArrayList<>()).add(value);
    }

    /** Notes how the load was made; the same command of a later round is the same line. */
    Load noted(Figure figure, Load load) {
        commands.computeIfAbsent(figure, key -> new LinkedHashSet<>()).add(load.command());
        return load;
    }

    void into(Results results, int seconds, String build) {
        ours.forEach((figure, values) -> results.figures()
                .put(
                        figure,
                        new Measured(
                                values,
                                others.getOrDefault(figure, List.of()),
                                seconds,
                                List.copyOf(commands.getOrDefault(figure, Set.of())),
                                build)));
    }
}
