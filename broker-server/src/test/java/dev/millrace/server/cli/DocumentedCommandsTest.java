package dev.millrace.server.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.millrace.docs.MarkdownPage;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Each command line of {@code millrace} that README and docs show is one that the commands understand. */
class DocumentedCommandsTest {
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|([^\\s'\"]+)");

    @Test
    void areGoodUsage() {
        int count = 0;
        for (MarkdownPage page : MarkdownPage.all()) {
            // The examples in there are those of the commands' own help, which UsageTest parses.
            if (page.name().equals("docs/CLI.md")) continue;
            for (String line : shellLines(page)) {
                for (String command : line.split(" && | \\| ")) {
                    List<String> words = words(command);
                    if (!words.get(0).matches("(.*/)?millrace")) continue;
                    count++;
                    assertThatCode(() -> parse(words.subList(1, words.size())))
                            .as("%s: %s", page.name(), command)
                            .doesNotThrowAnyException();
                }
            }
        }
        Assertions.assertThat(count).as("commands, or nothing was tested").isGreaterThan(10);
    }

    private static List<String> shellLines(MarkdownPage page) {
        return page.blocks().stream()
                .filter(block -> block.language().matches("bash|sh|console"))
                .flatMap(block -> block.lines().stream())
                .filter(line -> !line.isBlank())
                .toList();
    }

    /** Splits as a shell would, as far as the pages need it; what a shell would compute counts as 1. */
    private static List<String> words(String command) {
        String simple = command.replaceAll("\\$\\([^)]*\\)", "1")
                .replaceAll(" 2?> .*", "")
                .strip();
        List<String> words = new ArrayList<>();
        for (Matcher word = WORD.matcher(simple); word.find(); ) {
            for (int group = 1; group <= 3; group++) {
                if (word.group(group) != null) words.add(word.group(group));
            }
        }
        return words.isEmpty() ? List.of("") : words;
    }

    private static void parse(List<String> arguments) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Session session = Session.of(nowhere, nowhere, InputStream.nullInputStream(), Map.of());
        CommandRunner.commandLine(session, false).parseArgs(arguments.toArray(String[]::new));
    }
}
