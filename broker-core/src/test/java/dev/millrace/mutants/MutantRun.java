package dev.millrace.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.millrace.mutants.Mutant.Catch;
import dev.millrace.mutants.MutantFindings.Caught;
import dev.millrace.testing.Seeds;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Breaks copies of source files, compiles them, and runs the tests that must notice against them. {@code -Dmutant=words}
 * runs the rows that contain these words, {@code -Dmutant=words,others} those that contain either.
 */
final class MutantRun implements AutoCloseable {
    private static final int COUNT_MIN = 15;
    private static final String SEED = "seed";
    private static final String CLASS_PATH = "java.class.path";

    private final Path directory;
    private final List<Path> classes;
    private final MutantFindings findings;
    private final MutantCompiler compiler;
    private final String seedGiven = System.getProperty(SEED, "");
    private final String classPathGiven = System.getProperty(CLASS_PATH);

    /**
     * @param directory for what is compiled
     * @param classes of modules and of their tests, to be loaded anew for each defect: {@link #placeOf}
     */
    MutantRun(Path directory, List<Path> classes, MutantFindings findings) throws IOException {
        this.directory = directory;
        this.classes = classes;
        this.findings = findings;
        // A single seed is for the test that printed it; here each layer plays as in every build.
        System.setProperty(SEED, "");
        // Drawn seeds missed a torn commit once: a build must not be red by chance.
        System.setProperty(Seeds.FIRST, "1");
        this.compiler = new MutantCompiler(classes);
    }

    static Path placeOf(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Each layer on what is not broken, then on each of its defects. */
    Stream<DynamicTest> tests(List<Mutant> all) {
        List<String> wanted = List.of(System.getProperty("mutant", "").split(","));
        Map<Layer, List<Mutant>> byLayer = new LinkedHashMap<>();
        for (Mutant mutant : all) {
            if (wanted.stream().anyMatch(mutant.defect()::contains)) {
                mutant.catches()
                        .forEach(by -> byLayer.computeIfAbsent(by.layer(), layer -> new ArrayList<>())
                                .add(mutant));
            }
        }
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(dynamicTest("there are enough defects, each with its own words", () -> {
            assertThat(all).hasSizeGreaterThanOrEqualTo(COUNT_MIN);
            assertThat(all).extracting(Mutant::defect).doesNotHaveDuplicates();
        }));
        byLayer.forEach((layer, ofLayer) -> {
            tests.add(dynamicTest("as it is, the broker passes " + layer, () -> passes(layer, ofLayer)));
            ofLayer.forEach(mutant ->
                    tests.add(dynamicTest(mutant.defect(), () -> isCaught(mutant, mutant.catchBy(layer)))));
        });
        return tests.stream();
    }

    /** Compiles the same files unchanged, so that what catches the defects is not the machinery. */
    private void passes(Layer layer, List<Mutant> mutants) throws Exception {
        Map<String, String> sources = new TreeMap<>();
        for (Mutant mutant : mutants) {
            sources.put(mutant.sourceFile(), mutant.sourceText());
        }
        LayerRun run = run(layer, sources);
        assumeFalse(run.skipped(), layer + " cannot run on this machine");
        assertThat(run.passed()).as("passed; else: %s", run.text()).isTrue();
    }

    /** By the first test of its row. */
    void isCaught(Mutant mutant) throws Exception {
        isCaught(mutant, mutant.catches().get(0));
    }

    private void isCaught(Mutant mutant, Catch by) throws Exception {
        long startNanos = System.nanoTime();
        LayerRun run = run(by.layer(), Map.of(mutant.sourceFile(), mutant.applyTo(mutant.sourceText())));
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        if (run.skipped()) {
            findings.add(mutant, new Caught(by.layer() + " (skipped: cannot run on this machine)", seconds, ""));
        }
        assumeFalse(run.skipped(), by.layer() + " cannot run on this machine");
        assertThat(run.failures())
                .as("survived: %s does not notice that the broker %s", by.layer(), mutant.defect())
                .isNotEmpty();
        assertThat(run.isBrokenBuild())
                .as("the mutant does not fit the other classes: %s", run.text())
                .isFalse();
        assertThat(run.text())
                .as("that the broker %s must fail by the promise that it breaks", mutant.defect())
                .containsPattern(by.violation());
        findings.add(mutant, new Caught(by.layer().toString(), seconds, run.text()));
    }

    private LayerRun run(Layer layer, Map<String, String> sources) throws Exception {
        Path replaced = Files.createTempDirectory(directory, "classes");
        compiler.compile(sources, replaced);
        // For layers that start a process of their own.
        System.setProperty(CLASS_PATH, replaced + File.pathSeparator + classPathGiven);
        try (BrokenBroker broker = BrokenBroker.of(replaced, classes)) {
            LayerRun run = LayerRun.of(layer, broker);
            assertThat(sources.keySet())
                    .as("compiled here and used by %s; the run said: %s", layer, run.text())
                    .allMatch(file -> run.skipped() || broker.used(file));
            return run;
        }
    }

    @Override
    public void close() throws IOException {
        System.setProperty(SEED, seedGiven);
        System.clearProperty(Seeds.FIRST);
        System.setProperty(CLASS_PATH, classPathGiven);
        compiler.close();
    }
}
