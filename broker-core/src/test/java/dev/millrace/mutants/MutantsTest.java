package dev.millrace.mutants;

import static dev.millrace.mutants.Mutant.that;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.core.Broker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
 * the row names must say so. The sources that ship hold no defect and no switch for one. Those of client and server:
 * {@code EdgeMutantsTest} in broker-server.
 */
class MutantsTest {
    private static final MutantFindings FINDINGS = new MutantFindings(Mutants.all());

    @TempDir
    Path directory;

    private MutantRun run;

    @BeforeEach
    void open() throws IOException {
        List<Path> classes = List.of(MutantRun.placeOf(Broker.class), MutantRun.placeOf(MutantsTest.class));
        run = new MutantRun(directory, classes, FINDINGS);
    }

    @AfterEach
    void close() throws IOException {
        run.close();
    }

    @AfterAll
    static void report() throws IOException {
        FINDINGS.write();
    }

    @TestFactory
    Stream<DynamicTest> everyDefectIsCaughtAndTheBrokerWithoutItPasses() {
        return run.tests(Mutants.all());
    }

    @Test
    void aDefectThatNoTestNoticesIsNamed() {
        Mutant harmless = that("says more in a comment")
                .in("log/Chunk")
                .adding("static final int HEADER_BYTES = 24;", "// as drawn above")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".");
        assertThatThrownBy(() -> run.isCaught(harmless)).hasMessageContaining("survived: RetentionTest");
    }

    @Test
    void aFailureForAnotherReasonDoesNotCount() {
        Mutant fails = that("fails at once")
                .in("log/Chunk")
                .adding("void writeHeader(ByteBuffer out) {", "if (out != null) throw new NoClassDefFoundError(\"x\");")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", "NoClassDefFoundError");
        assertThatThrownBy(() -> run.isCaught(fails)).hasMessageContaining("does not fit");
        Mutant other = that("fails with other words")
                .in("log/Chunk")
                .adding(
                        "void writeHeader(ByteBuffer out) {",
                        "if (out != null) throw new IllegalStateException(\"x\");")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", "kept");
        assertThatThrownBy(() -> run.isCaught(other)).hasMessageContaining("by the promise that it breaks");
    }

    @Test
    void aDefectThatWasNotPartOfTheRunDoesNotCount() {
        Mutant unused = that("breaks what the test does not use")
                .in("record/Murmur2")
                .adding("final class Murmur2 {", "private static final int UNUSED = 1;")
                .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".");
        assertThatThrownBy(() -> run.isCaught(unused)).hasMessageContaining("compiled here and used by");
    }

    @Test
    void aRowWhoseCodeHasChangedIsNamed() {
        assertThatThrownBy(() -> run.isCaught(that("is gone")
                        .in("log/Chunk")
                        .replacing("no such text", "")
                        .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".")))
                .hasMessageContaining("no longer applies")
                .hasMessageContaining("never");
        assertThatThrownBy(() -> run.isCaught(that("is there twice")
                        .in("log/Chunk")
                        .replacing("HEADER_BYTES", "")
                        .isCaughtBy("core.log.RetentionTest#unlimitedRetentionKeepsEverything", ".")))
                .hasMessageContaining("more than once");
    }
}
