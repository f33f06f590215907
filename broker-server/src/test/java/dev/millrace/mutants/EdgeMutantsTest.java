package dev.millrace.mutants;

import dev.millrace.client.MillraceClient;
import dev.millrace.core.Broker;
import dev.millrace.examples.PublishExample;
import dev.millrace.server.Millrace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code MutantsTest} does for the core, for client and server: each row breaks a source of theirs, and a test of
 * either module must say so.
 */
class EdgeMutantsTest {
    private static final List<Mutant> MUTANTS = Stream.concat(
                    ClientMutants.all().stream(), ServerMutants.all().stream())
            .toList();
    private static final MutantFindings FINDINGS = new MutantFindings(MUTANTS);

    @TempDir
    Path directory;

    private MutantRun run;

    @BeforeEach
    void open() throws IOException {
        List<Path> classes = Stream.of(
                        Broker.class,
                        MutantRun.class,
                        MillraceClient.class,
                        PublishExample.class,
                        Millrace.class,
                        EdgeMutantsTest.class)
                .map(MutantRun::placeOf)
                .toList();
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
        return run.tests(MUTANTS);
    }
}
