package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.docs.MarkdownPage;
import dev.millrace.docs.MarkdownPage.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tour of the README works as pasted and prints what the README says. */
class TourIT {
    /** In the README: anything within a line; alone, any number of lines. */
    private static final String ANYTHING = "…";

    @TempDir
    Path directory;

    @Test
    void printsWhatTheReadmeShows() throws Exception {
        Path project = Distribution.projectRoot();
        Assumptions.assumeTrue(Files.exists(project.resolve(".git")), "skipped: the tour needs a git checkout");
        Distribution distribution = Distribution.underTest();
        assertThat(distribution.home())
                .as("the tour takes millrace from there")
                .isEqualTo(project.resolve("broker-server/target/millrace"));
        try (Daemon daemon = new Daemon(distribution, directory)) {
            daemon.start();
            String printed = run(daemon, project, String.join("\n", tour("bash")));
            assertThat(printed).matches(asPattern(tour("text")));
        }
    }

    /** The commands, or what they print: a block marked as tour is followed by its output. */
    private static List<String> tour(String language) {
        List<Block> blocks = MarkdownPage.read("README.md").blocks();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            if (blocks.get(i).note().equals("tour")) {
                assertThat(blocks.get(i).language()).isEqualTo("bash");
                assertThat(blocks.get(i + 1).language()).isEqualTo("text");
                lines.addAll(blocks.get(language.equals("bash") ? i : i + 1).lines());
            }
        }
        assertThat(lines).hasSizeGreaterThan(10);
        return lines;
    }

    private String run(Daemon daemon, Path project, String script) throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        ProcessBuilder builder = daemon.command();
        builder.environment().put("TMPDIR", directory.toString());
        builder.command(List.of("bash", "-e", "-u", "-o", "pipefail", "-c", script));
        Process tour = builder.directory(project.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        boolean ended = tour.waitFor(120, TimeUnit.SECONDS);
        tour.destroyForcibly();
        String printed = Files.readString(out);
        assertThat(ended).as("ended in time\n%s", printed).isTrue();
        assertThat(tour.exitValue())
                .as("out:\n%s\nerr:\n%s", printed, Files.readString(err))
                .isZero();
        assertThat(Files.readString(err)).isEmpty();
        return printed;
    }

    private static Pattern asPattern(List<String> shown) {
        return Pattern.compile(shown.stream()
                .map(line -> line.equals(ANYTHING) ? "(.*\n)*?" : inLine(line) + "\n")
                .collect(Collectors.joining()));
    }

    private static String inLine(String line) {
        return Stream.of(line.split(ANYTHING, -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    }
}
