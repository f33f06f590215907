package dev.millrace.comparison;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** All that was measured: the file results.json, of which docs/BENCHMARKS.md is made. */
record Results(
        Map<String, String> machine,
        Map<String, String> versions,
        TreeMap<Figure, Measured> figures,
        TreeMap<String, String> notMeasured,
        TreeMap<String, Growth> growth) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** An empty file for this machine and these versions. */
    static Results empty(Map<String, String> machine, Map<String, String> versions) {
        return new Results(machine, versions, new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    }

    /**
     * One figure: a value for each round and side.
     *
     * @param other empty where nothing is measured beside ours
     * @param commands how the load was made, ports taken out
     * @param build when this was measured, and of which commit
     */
    record Measured(List<Double> ours, List<Double> other, int seconds, List<String> commands, String build) {
        /** Each round's quotient, so that what slows both in a round does not count. */
        List<Double> ratios() {
            return IntStream.range(0, Math.min(ours.size(), other.size()))
                    .mapToObj(round -> ours.get(round) / other.get(round))
                    .toList();
        }

        /** What is held against the target. */
        Spread judged(Figure figure) {
            return Spread.of(figure.judged() == Figure.Judged.RATIO ? ratios() : ours);
        }
    }

    /** How something grows with something else. */
    record Growth(List<Point> points, List<String> notes, String build) {
        /** Whose values in the order of growth; points without this value are left out. */
        List<Point> of(String who, String value) {
            return points.stream()
                    .filter(point -> point.who.equals(who) && point.values.containsKey(value))
                    .toList();
        }
    }

    /** One broker's values at one size. */
    record Point(String who, double size, Map<String, Double> values) {}

    /** What is in the file, if it is there. */
    static Optional<Results> read(Path file) throws IOException {
        return Files.exists(file) ? Optional.of(parse(Files.readString(file))) : Optional.empty();
    }

    static Results parse(String json) throws IOException {
        return JSON.readValue(json, Results.class);
    }

    String json() throws IOException {
        return JSON.writeValueAsString(this) + "\n";
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, json());
    }

    /** True where both say the same about machine and versions, so that their figures can stand in one table. */
    boolean sameGroundAs(Results that) {
        return machine.equals(that.machine) && versions.equals(that.versions);
    }
}
