package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.millrace.core.Broker;
import dev.millrace.mutants.Mutant.Catch;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tests are themselves tested: each row of {@link Mutants} breaks the broker's source in one place, and the test that
 * the row names must say so. The sources that ship hold no defect and no switch for one.
 *
 * <p>{@code -Dmutant=words} runs the rows that contain these words.
 */
class MutantsTest {
    private static final int COUNT_MIN = 15;
    private static final Path SOURCES = Path.of("src", "main", "java");
    private static final Path REPORT = Path.of("target", "fault-lab", "mutants.md");
    private static final String SEED = "seed";
    private static final String CLASS_PATH = "java.class.path";
    private static final Map<Mutant, List<Caught>> CAUGHT = new LinkedHashMap<>();

    private record Caught(String by, double seconds, String text) {}

    @TempDir
    Path directory;

    private final String seedGiven = System.getProperty(SEED, "");
    private final String classPathGiven = System.getProperty(CLASS_PATH);
    private MutantCompiler compiler;

    @BeforeEach
    void open() throws Exception {
        // A single seed is for the test that printed it; here each layer plays as in every build.
        System.setProperty(SEED, "");
        compiler = new MutantCompiler(brokerClasses());
    }

    @AfterEach
    void close() throws Exception {
        System.setProperty(SEED, seedGiven);
        System.setProperty(CLASS_PATH, classPathGiven);
        compiler.close();
    }

    @TestFactory
    Stream<DynamicTest> everyDefectIsCaughtAndTheBrokerWithoutItPasses() {
        String wanted = System.getProperty("mutant", "");
        List<Mutant> mutants =
                Mutants.all().stream().filter(m -> m.defect().contains(wanted)).toList();
        Map<Layer, List<Mutant>> byLayer = new LinkedHashMap<>();
        for (Mutant mutant : mutants) {
            for (Catch by : mutant.catches()) {
                byLayer.computeIfAbsent(by.layer(), layer -> new ArrayList<>()).add(mutant);
            }
        }
        List<DynamicTest> tests = new ArrayList<>();
        tests.add(dynamicTest("there are enough defects, each with its own words", () -> {
            assertThat(Mutants.all()).hasSizeGreaterThanOrEqualTo(COUNT_MIN);
            assertThat(Mutants.all()).extracting(Mutant::defect).doesNotHaveDuplicates();
        }));
        byLayer.forEach((layer, ofLayer) -> {
            tests.add(dynamicTest("as it is, the broker passes " + layer, () -> passes(layer, ofLayer)));
            ofLayer.forEach(mutant ->
                    tests.add(dynamicTest(mutant.defect(), () -> isCaught(mutant, mutant.catchBy(layer)))));
        });
        return tests.stream();
    }

    @Test
    void aDefectThatNoTestNoticesIsNamed() {
        Mutant harmless = that("says more in a comment")
                .in("log/Chunk")
                .adding("static final int HEADER_BYTES = 24;", "// as drawn above")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".");
        assertThatThrownBy(() -> isCaught(harmless)).hasMessageContaining("survived: RetentionTest");
    }

    @Test
    void aFailureForAnotherReasonDoesNotCount() {
        Mutant fails = that("fails at once")
                .in("log/Chunk")
                .adding("void writeHeader(ByteBuffer out) {", "if (out != null) throw new NoClassDefFoundError(\"x\");")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", "NoClassDefFoundError");
        assertThatThrownBy(() -> isCaught(fails)).hasMessageContaining("does not fit");
        Mutant other = that("fails with other words")
                .in("log/Chunk")
                .adding(
                        "void writeHeader(ByteBuffer out) {",
                        "if (out != null) throw new IllegalStateException(\"x\");")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", "kept");
        assertThatThrownBy(() -> isCaught(other)).hasMessageContaining("by the promise that it breaks");
    }

    @Test
    void aDefectThatWasNotPartOfTheRunDoesNotCount() {
        Mutant unused = that("breaks what the test does not use")
                .in("record/Murmur2")
                .adding("final class Murmur2 {", "private static final int UNUSED = 1;")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".");
        assertThatThrownBy(() -> isCaught(unused)).hasMessageContaining("compiled here and used by");
    }

    @Test
    void aRowWhoseCodeHasChangedIsNamed() {
        assertThatThrownBy(() -> isCaught(that("is gone")
                        .in("log/Chunk")
                        .replacing("no such text", "")
                        .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".")))
                .hasMessageContaining("no longer applies")
                .hasMessageContaining("never");
        assertThatThrownBy(() -> isCaught(that("is there twice")
                        .in("log/Chunk")
                        .replacing("HEADER_BYTES", "")
                        .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".")))
                .hasMessageContaining("more than once");
    }

    /** Compiles the same files unchanged, so that what catches the defects is not the machinery. */
    private void passes(Layer layer, List<Mutant> mutants) throws Exception {
        Map<String, String> sources = new TreeMap<>();
        for (Mutant mutant : mutants) {
            sources.put(mutant.sourceFile(), Files.readString(SOURCES.resolve(mutant.sourceFile())));
        }
        LayerRun run = run(layer, sources);
        assumeFalse(run.skipped(), layer + " cannot run on this machine");
        assertThat(run.passed()).as("passed; else: %s", run.text()).isTrue();
    }

    private void isCaught(Mutant mutant) throws Exception {
        isCaught(mutant, mutant.catches().get(0));
    }

    private void isCaught(Mutant mutant, Catch by) throws Exception {
        String original = Files.readString(SOURCES.resolve(mutant.sourceFile()));
        long startNanos = System.nanoTime();
        LayerRun run = run(by.layer(), Map.of(mutant.sourceFile(), mutant.applyTo(original)));
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        if (run.skipped()) {
            note(mutant, new Caught(by.layer() + " (skipped: cannot run on this machine)", seconds, ""));
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
        note(mutant, new Caught(by.layer().toString(), seconds, run.text()));
    }

    private static void note(Mutant mutant, Caught caught) {
        CAUGHT.computeIfAbsent(mutant, m -> new ArrayList<>()).add(caught);
    }

    private LayerRun run(Layer layer, Map<String, String> sources) throws Exception {
        Path classes = Files.createTempDirectory(directory, "classes");
        compiler.compile(sources, classes);
        // For layers that start a process of their own.
        System.setProperty(CLASS_PATH, classes + File.pathSeparator + classPathGiven);
        try (BrokenBroker broker = BrokenBroker.of(classes, List.of(brokerClasses(), testClasses()))) {
            LayerRun run = LayerRun.of(layer, broker);
            assertThat(sources.keySet())
                    .as("compiled here and used by %s; the run said: %s", layer, run.text())
                    .allMatch(file -> run.skipped() || broker.used(file));
            return run;
        }
    }

    private static Path brokerClasses() throws Exception {
        return placeOf(Broker.class);
    }

    private static Path testClasses() throws Exception {
        return placeOf(MutantsTest.class);
    }

    private static Path placeOf(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    @AfterAll
    static void report() throws Exception {
        StringBuilder table = new StringBuilder("| the broker | caught by | s |\n|---|---|---|\n");
        StringBuilder said = new StringBuilder("\n## What the tests said\n");
        for (Mutant mutant : Mutants.all()) {
            List<Caught> all = CAUGHT.getOrDefault(mutant, List.of());
            int missing = mutant.catches().size() - all.size();
            for (Caught caught : all) {
                table.append(
                        String.format(Locale.ROOT, "| %s | %s | %.1f |\n", mutant.defect(), caught.by, caught.seconds));
                said.append(String.format("\n### %s\n```\n%s```\n", mutant.defect(), caught.text));
            }
            if (missing > 0) {
                table.append("| ").append(mutant.defect()).append(" | **not caught** | |\n");
            }
        }
        table.append(said);
        Files.createDirectories(REPORT.getParent());
        Files.writeString(REPORT, table);
    }
}
