package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each guarantee names the tests that hold it, and each test that a page names is there. */
class GuaranteesTest {
    private static final Pattern TEST_NAME = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");
    private static final String ANNOTATED = "@(Test|ParameterizedTest|RepeatedTest)\\b[^{}]*\\bvoid %s\\(";
    private static final String NO_PROMISES = "## What is not promised";

    @Test
    void everyStatementNamesATest() {
        String promises = MarkdownPage.read("docs/GUARANTEES.md").text().split(NO_PROMISES)[0];
        String[] statements = promises.split("\n- ");
        assertThat(statements).hasSizeGreaterThan(30);
        for (int i = 1; i < statements.length; i++) {
            assertThat(TEST_NAME.matcher(statements[i]).find())
                    .as("a test for: %s", statements[i])
                    .isTrue();
        }
    }

    @Test
    void everyTestThatAPageNamesExists() {
        Map<String, Path> sources = testSources();
        List<String> missing = new ArrayList<>();
        int count = 0;
        for (MarkdownPage page : MarkdownPage.all()) {
            Matcher named = TEST_NAME.matcher(page.text());
            while (named.find()) {
                count++;
                if (!exists(sources.get(named.group(1)), named.group(2))) {
                    missing.add(page.name() + ": " + named.group(1) + "." + named.group(2));
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(count).as("names, or nothing was tested").isGreaterThan(80);
    }

    private static boolean exists(Path source, String method) {
        if (source == null) return false;
        try {
            String annotated = String.format(ANNOTATED, method);
            return Pattern.compile(annotated).matcher(withoutLiterals(source)).find();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Braces in strings would look like the end of a method. */
    private static String withoutLiterals(Path source) throws IOException {
        return Files.readString(source).replaceAll("\"(\\\\.|[^\"\\\\\n])*\"", "\"\"");
    }

    private static Map<String, Path> testSources() {
        Map<String, Path> found = new HashMap<>();
        for (String module : List.of("broker-core", "broker-client", "broker-server")) {
            try (Stream<Path> files = Files.walk(MarkdownPage.PROJECT.resolve(module + "/src/test/java"))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(file -> {
                    String name = file.getFileName().toString();
                    found.put(name.substring(0, name.length() - ".java".length()), file);
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return found;
    }
}
