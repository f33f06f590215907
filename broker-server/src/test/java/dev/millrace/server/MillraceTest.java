package dev.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.server.testing.EmbeddedMillrace;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a whole, as far as it comes without a process of its own. */
class MillraceTest {
    private static final Map<String, String> FREE_PORTS =
            Map.of("MILLRACE_LISTENERS__NATIVE__BIND", "127.0.0.1:0", "MILLRACE_LISTENERS__HTTP__BIND", "127.0.0.1:0");

    @TempDir
    Path dir;

    private record Ran(int exit, String out, String err) {}

    @Test
    void answersWithTheExitCodeOfTheCommand() {
        assertThat(run(Map.of(), "version").exit()).isZero();
        assertThat(run(Map.of(), "version").out()).startsWith("millrace ");
        assertThat(run(Map.of("MILLRACE_SERVER", "127.0.0.1:1"), "topic", "list")
                        .exit())
                .isEqualTo(1);
        assertThat(run(Map.of(), "vresion").exit()).isEqualTo(2);
    }

    @Test
    void readsTheConfigurationOfTheDistribution() throws Exception {
        Path config = Files.createDirectories(dir.resolve("config")).resolve("millrace.yaml");
        Files.writeString(config, "topics:\n  partitions: 77\n");
        Ran shown = run(Map.of("MILLRACE_HOME", dir.toString()), "config", "show", "--origin");
        assertThat(shown.out()).containsPattern("partitions: 77 +# " + config);
    }

    @Test
    void refusesADataDirectoryThatIsInUse() {
        try (EmbeddedMillrace running = EmbeddedMillrace.start(dir.resolve("data"))) {
            refuses(start(running.dataDirectory().toString()), "is in use", "choose another data directory");
        }
    }

    @Test
    void refusesAPortThatIsInUse() {
        try (EmbeddedMillrace running = EmbeddedMillrace.start(dir.resolve("data"))) {
            String taken = running.address();
            Ran ran = start(dir.resolve("other").toString(), "--set", "listeners.native.bind=" + taken);
            refuses(ran, taken, "in use", "listeners.native.bind");
        }
    }

    @Test
    void refusesADirectoryThatIsNotItsOwn() throws Exception {
        Files.writeString(dir.resolve("letter.txt"), "dear reader");
        refuses(start(dir.toString()), dir.toString(), "letter.txt");
    }

    @Test
    void refusesADirectoryThatCannotBeMade() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "");
        refuses(start(file.resolve("data").toString()), file.toString());
    }

    private static void refuses(Ran ran, String... reasons) {
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err())
                .startsWith("error: ")
                .contains(reasons)
                .hasLineCount(1)
                .doesNotContain("Exception:");
    }

    private static Ran start(String data, String... more) {
        List<String> args = new ArrayList<>(List.of("start", "--data", data));
        args.addAll(List.of(more));
        return run(FREE_PORTS, args.toArray(String[]::new));
    }

    private static Ran run(Map<String, String> env, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exit = Millrace.run(
                args,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream(),
                env);
        return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
