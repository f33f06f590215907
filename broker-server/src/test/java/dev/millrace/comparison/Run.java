package dev.millrace.comparison;

import dev.millrace.system.Distribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A run of the comparison and its files: results.json in the build directory, saved after each case, and at the end a copy
 * of it, the page and the pictures in docs.
 */
record Run(Path root, Results results) {
    private static final Path FILE = Path.of("target/compare/results.json");

    /** Goes on with the results that are there, if they are of this machine and these versions. */
    static Run begin() throws IOException {
        Path root = Path.of(System.getProperty("compare.directory", "target/compare/data"))
                .toAbsolutePath();
        Results fresh = Results.empty(Machine.describe(Files.createDirectories(root)), Machine.versions());
        return new Run(root, Results.read(FILE).filter(fresh::sameGroundAs).orElse(fresh));
    }

    void save() throws IOException {
        results.write(FILE);
    }

    /** {@code -Dcompare.docs=directory} writes elsewhere than to the project's docs. */
    void finish() throws IOException {
        String chosen = System.getProperty("compare.docs", "");
        Path docs = chosen.isEmpty() ? Distribution.projectRoot().resolve("docs") : Path.of(chosen);
        save();
        BenchmarksPage.of(results).write(docs);
        System.out.println("compare: wrote " + docs.resolve("BENCHMARKS.md"));
    }
}
