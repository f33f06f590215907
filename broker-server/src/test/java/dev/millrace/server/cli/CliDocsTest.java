package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Holds docs/CLI.md to what the commands say about themselves. */
class CliDocsTest {
    private static final Path MARKDOWN =
            Path.of("..", "docs", "CLI.md").toAbsolutePath().normalize();

    private static final String HEAD = """
            # The command line

            Made from the commands' own help; after a change run
            `mvn -pl broker-server -am test -Dtest=CliDocsTest -Dsurefire.failIfNoSpecifiedTests=false -Dcli.regenerate=true`.

            - **Exit codes**: 0 the command did what was asked, 1 it failed, 2 the command line is wrong.
            - **Errors** go to standard error as `error: what happened. what to do [FAULT]`, without a stack trace unless
              `--debug` is given. Results go to standard output.
            - **The broker** is `--server HOST:PORT`, else the variable `MILLRACE_SERVER`, else `localhost:7650`.
            - **`-o json`** prints one line of JSON with stable field names: an object, or an array for lists; `pub --file`
              prints one object per acknowledged record. Absent values are `null`; an offset of -1 means that nothing was
              committed.
            - **Colours** and the progress bar appear on terminals only; `--no-color` or `NO_COLOR` turn colours off.
            - **Times** are RFC 3339 (`2024-10-25T14:03:00Z`), unix seconds or milliseconds, or relative (`-1h`). Numbers below
              100,000,000,000 are seconds, from there to below 100,000,000,000,000 milliseconds.
            - **Positions** (`--from`, `--to`) are `earliest`, `latest`, an offset, or a time. A plain number is an offset,
              because a log may hold more than a billion messages; a unix time is written `@1729864980`.
            - **Ctrl-C** and SIGTERM end `start`, `pub`, `sub` and `bench` in order: the broker drains (exit code 0), `pub` says what
              was acknowledged (exit code 1, as something is missing), `sub` commits what it printed (exit code 0), `bench`
              reports what it measured until then and deletes its topics (exit code 0, but 1 for an incomplete suite).
            """;

    @Test
    void documentationIsMadeFromTheCommands() throws IOException {
        String made = markdown();
        if (Boolean.getBoolean("cli.regenerate")) {
            Files.writeString(MARKDOWN, made);
        }
        assertThat(Files.readString(MARKDOWN))
                .as("docs/CLI.md is old; run this test with -Dcli.regenerate=true")
                .isEqualTo(made);
    }

    private static String markdown() {
        StringBuilder text = new StringBuilder(HEAD);
        for (CommandLine command : UsageTest.allCommands()) {
            String name = command.getCommandSpec().qualifiedName(" ");
            if (name.equals("millrace help")) continue;
            text.append("\n## ").append(name).append("\n\n```\n");
            command.getUsageMessage()
                    .lines()
                    .forEach(line -> text.append(line.stripTrailing()).append('\n'));
            text.append("```\n");
        }
        return text.toString();
    }
}
