package dev.millrace.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Runs Jazzer on every class {@code *FuzzTarget} of all modules, each for {@code -Dfuzz.seconds}; {@code -Pfuzz} only.
 *
 * <p>A target is a class with {@code public static void fuzzerTestOneInput(byte[] data)} and needs no library, so it
 * compiles in every build. Jazzer's own driver runs it: one process each, independent of the version of JUnit.
 */
final class FuzzRun {
    private static final String SECONDS = System.getProperty("fuzz.seconds", "60");
    private static final String ONLY = System.getProperty("fuzz.target", "");
    private static final Path FINDINGS = Path.of("target", "fuzz").toAbsolutePath();

    @Test
    void noTargetCrashes() throws Exception {
        List<String> targets = targets();
        assertThat(targets).as("classes named *FuzzTarget").isNotEmpty();
        List<String> crashed = new ArrayList<>();
        for (String target : targets) {
            if (fuzz(target) != 0) crashed.add(target);
        }
        assertThat(crashed)
                .as("targets with a finding; the input is in " + FINDINGS + ", repeat it as docs/DEVELOPING.md says")
                .isEmpty();
    }

    private static List<String> targets() {
        return new ClassFileImporter()
                .importPackages("dev.millrace").stream()
                        .map(JavaClass::getName)
                        .filter(name -> name.endsWith("FuzzTarget") && name.contains(ONLY))
                        .sorted()
                        .toList();
    }

    private static int fuzz(String target) throws IOException, InterruptedException {
        Path corpus = Files.createDirectories(FINDINGS.resolve(target).resolve("corpus"));
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target,
                "--instrumentation_includes=dev.millrace.**",
                "--reproducer_path=" + corpus.getParent(),
                "-artifact_prefix=" + corpus.getParent() + "/",
                "-max_total_time=" + SECONDS,
                "-print_final_stats=1",
                corpus.toString()));
        if (Runtime.version().feature() >= 21) command.add(1, "-XX:+EnableDynamicAgentLoading");
        // Not this process' own streams: Surefire talks over them.
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(corpus.resolveSibling("jazzer.log").toFile())
                .start()
                .waitFor();
    }
}
