package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.docs.MarkdownPage.Block;
import dev.millrace.server.testing.EmbeddedMillrace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands of docs/REST.md work as pasted and print what the page says. */
@Timeout(120)
class RestPageTest {
    /** On the page: anything within a line. */
    private static final String ANYTHING = "…";

    @TempDir
    private Path directory;

    @Test
    void printsWhatThePageShows() throws Exception {
        Assumptions.assumeTrue(isThere("curl") && isThere("jq"), "skipped: the page's commands need curl and jq");
        try (EmbeddedMillrace millrace = EmbeddedMillrace.start(directory.resolve("data"))) {
            String script = String.join("\n", lines("bash")).replace("127.0.0.1:7680", millrace.httpAddress());
            List<String> printed = run(script);
            List<String> shown = lines("text");
            for (int i = 0; i < Math.min(shown.size(), printed.size()); i++) {
                assertThat(printed.get(i)).as("line %d", i + 1).matches(asPattern(shown.get(i)));
            }
            assertThat(printed).hasSameSizeAs(shown);
        }
    }

    /** Commands, or what they print: a block marked as rest is followed by its output. */
    private static List<String> lines(String language) {
        List<Block> blocks = MarkdownPage.read("docs/REST.md").blocks();
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            if (blocks.get(i).note().equals("rest")) {
                assertThat(blocks.get(i + 1).language()).isEqualTo("text");
                lines.addAll(blocks.get(language.equals("bash") ? i : i + 1).lines());
            }
        }
        assertThat(lines).hasSizeGreaterThan(15);
        return lines;
    }

    private List<String> run(String script) throws IOException, InterruptedException {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process shell = new ProcessBuilder("bash", "-e", "-u", "-c", script)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        boolean ended = shell.waitFor(60, TimeUnit.SECONDS);
        shell.destroyForcibly();
        List<String> printed = Files.readAllLines(out);
        assertThat(ended).as("ended in time: %s", printed).isTrue();
        assertThat(shell.exitValue())
                .as("out:\n%s\nerr:\n%s", printed, Files.readString(err))
                .isZero();
        return printed;
    }

    private static boolean isThere(String command) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, command)));
    }

    private static Pattern asPattern(String shown) {
        return Pattern.compile(
                Stream.of(shown.split(ANYTHING, -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
    }
}
