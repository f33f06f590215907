package dev.millrace.faults;

import dev.millrace.faults.DamageVerdict.Outcome;
import dev.millrace.faults.DamageVerdict.Verified;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts outcomes per kind of file and injury, and prints them as a Markdown table. */
final class DamageTable {
    private record Row(DamagedFile.Kind kind, Injury.Type type) implements Comparable<Row> {
        @Override
        public int compareTo(Row other) {
            int byKind = kind.compareTo(other.kind);
            return byKind != 0 ? byKind : type.compareTo(other.type);
        }
    }

    private static final Set<Outcome> NOT_HARMLESS =
            EnumSet.of(Outcome.REFUSED, Outcome.PART_ONLY, Outcome.SILENT, Outcome.UNCLEAR, Outcome.CRASHED);

    private final Map<Row, Map<Outcome, Integer>> rows = new TreeMap<>();
    private final Map<Outcome, Integer> totals = new EnumMap<>(Outcome.class);

    private final Map<Verified, Integer> verified = new EnumMap<>(Verified.class);
    private final List<String> unverified = new ArrayList<>();

    void count(Injury injury, DamageVerdict verdict) {
        if (NOT_HARMLESS.contains(verdict.outcome())) {
            verified.merge(verdict.verified(), 1, Integer::sum);
            if (verdict.verified() != Verified.NAMED) {
                unverified.add(verdict.verified() + " " + injury + ": " + verdict.detail());
            }
        }
        rows.computeIfAbsent(new Row(injury.file().kind(), injury.type()), r -> new EnumMap<>(Outcome.class))
                .merge(verdict.outcome(), 1, Integer::sum);
        totals.merge(verdict.outcome(), 1, Integer::sum);
    }

    int total() {
        return totals.values().stream().mapToInt(Integer::intValue).sum();
    }

    int of(Outcome outcome) {
        return totals.getOrDefault(outcome, 0);
    }

    /** What {@code storage verify} said of the injuries that were not harmless. */
    String verifiedInWords() {
        return "storage verify, before each start that was refused or showed damage: " + verified + "\n\n"
                + String.join("\n", unverified) + "\n";
    }

    String toMarkdown() {
        List<Outcome> columns = new ArrayList<>(List.of(Outcome.values()));
        columns.removeIf(outcome -> of(outcome) == 0 && outcome != Outcome.SILENT);
        StringBuilder table = new StringBuilder("| file | injury |");
        columns.forEach(outcome -> table.append(' ').append(outcome.title).append(" |"));
        table.append("\n|---|---|").append("---:|".repeat(columns.size())).append('\n');
        rows.forEach((row, counts) -> line(table, row.kind.title, row.type.title, columns, counts));
        line(table, "**all**", "", columns, totals);
        return table.toString();
    }

    private static void line(
            StringBuilder table, String file, String injury, List<Outcome> columns, Map<Outcome, Integer> counts) {
        String cells = columns.stream()
                .map(outcome ->
                        counts.containsKey(outcome) ? counts.get(outcome).toString() : "")
                .collect(Collectors.joining(" | "));
        table.append("| " + file + " | " + injury + " | " + cells + " |\n");
    }
}
