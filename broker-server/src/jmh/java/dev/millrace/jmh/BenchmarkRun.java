package dev.millrace.jmh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks of all modules whose name contains {@code -Djmh}; {@code -Pjmh} only. What is in {@code -Djmh.args}
 * is for JMH, as on its own command line.
 */
final class BenchmarkRun {
    private static final String ONLY = System.getProperty("jmh", "");
    private static final String ARGS = System.getProperty("jmh.args", "").strip();
    private static final Path RESULTS = Path.of("target", "jmh").toAbsolutePath();
    private static final List<String> BRIEF = List.of("-f", "1", "-wi", "2", "-i", "3", "-w", "1", "-r", "1");

    @Test
    void benchmarksRun() throws Exception {
        Files.createDirectories(RESULTS);
        List<String> given = ARGS.isEmpty() ? BRIEF : List.of(ARGS.split("\\s+"));
        OptionsBuilder options = new OptionsBuilder();
        options.parent(new CommandLineOptions(given.toArray(String[]::new)));
        options.include(ONLY.isEmpty() ? "Benchmark" : ONLY)
                .shouldFailOnError(true)
                .resultFormat(ResultFormatType.JSON)
                .result(RESULTS.resolve("results.json").toString());
        assertThat(new Runner(options.build()).run())
                .as("benchmarks whose name contains \"" + ONLY + "\"")
                .isNotEmpty();
    }
}
