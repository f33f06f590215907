package dev.millrace.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Who caught what, by which words. Thread: one. */
final class MutantFindings {
    private static final Path REPORT = Path.of("target", "fault-lab", "mutants.md");

    private final List<Mutant> mutants;
    private final Map<Mutant, List<Caught>> caught = new LinkedHashMap<>();

    /** One defect caught: by which test, which said what. */
    record Caught(String by, double seconds, String text) {}

    MutantFindings(List<Mutant> mutants) {
        this.mutants = mutants;
    }

    void add(Mutant mutant, Caught finding) {
        caught.computeIfAbsent(mutant, m -> new ArrayList<>()).add(finding);
    }

    /** Writes {@code target/fault-lab/mutants.md} of the module whose tests run. */
    void write() throws IOException {
        StringBuilder table = new StringBuilder("| the broker | caught by | s |\n|---|---|---|\n");
        StringBuilder said = new StringBuilder("\n## What the tests said\n");
        for (Mutant mutant : mutants) {
            List<Caught> all = caught.getOrDefault(mutant, List.of());
            for (Caught one : all) {
                table.append(String.format(Locale.ROOT, "| %s | %s | %.1f |\n", mutant.defect(), one.by, one.seconds));
                said.append(String.format("\n### %s\n```\n%s```\n", mutant.defect(), one.text));
            }
            if (all.size() < mutant.catches().size()) {
                table.append("| ").append(mutant.defect()).append(" | **not caught** | |\n");
            }
        }
        table.append(said);
        Files.createDirectories(REPORT.getParent());
        Files.writeString(REPORT, table);
    }
}
