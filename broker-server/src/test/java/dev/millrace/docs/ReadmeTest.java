package dev.millrace.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.docs.MarkdownPage.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds README and docs to the project: what they link, quote and list is there. */
class ReadmeTest {
    private static final String SOURCE_NOTE = "from ";

    @Test
    void everyLinkLeadsSomewhere() {
        List<String> broken = new ArrayList<>();
        int count = 0;
        for (MarkdownPage page : MarkdownPage.all()) {
            for (String link : page.links()) {
                if (!link.matches("(https?|mailto):.*")) {
                    count++;
                    if (!leadsSomewhere(page, link)) broken.add(page.name() + " -> " + link);
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(count).as("links, or nothing was tested").isGreaterThan(30);
    }

    private static boolean leadsSomewhere(MarkdownPage page, String link) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty() ? page.file() : page.file().resolveSibling(parts[0]);
        if (!Files.exists(target)) return false;
        if (parts.length == 1) return true;
        String name = MarkdownPage.PROJECT.relativize(target.normalize()).toString();
        return MarkdownPage.read(name).anchors().contains(parts[1]);
    }

    @Test
    void everyPageAndDecisionIsListed() throws IOException {
        assertThat(MarkdownPage.read("README.md").links()).containsAll(pages("docs", "docs/"));
        assertThat(MarkdownPage.read("README.md").links()).containsAll(pages("docs/patterns", "docs/patterns/"));
        List<String> decisions = pages("docs/adr", "");
        decisions.remove("README.md");
        assertThat(MarkdownPage.read("docs/adr/README.md").links()).containsAll(decisions);
    }

    private static List<String> pages(String folder, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(MarkdownPage.PROJECT.resolve(folder))) {
            return new ArrayList<>(files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".md"))
                    .map(name -> prefix + name)
                    .toList());
        }
    }

    /** Each Java block stands in the file that its note names, as a run of whole lines, whatever its indentation there. */
    @Test
    void javaIsTakenFromSourcesThatAreTested() throws IOException {
        List<String> names = new ArrayList<>(List.of("README.md", "docs/CLIENT.md"));
        names.addAll(pages("docs/patterns", "docs/patterns/"));
        for (String name : names) {
            List<Block> blocks = MarkdownPage.read(name).blocks().stream()
                    .filter(block -> block.language().equals("java"))
                    .toList();
            assertThat(blocks).isNotEmpty();
            for (Block block : blocks) {
                assertThat(block.note()).as("note before\n%s", block).startsWith(SOURCE_NOTE);
                Path source = MarkdownPage.PROJECT.resolve(block.note().substring(SOURCE_NOTE.length()));
                assertThat(contains(Files.readAllLines(source), block.lines()))
                        .as("%s: in %s\n%s", name, source.getFileName(), String.join("\n", block.lines()))
                        .isTrue();
            }
        }
    }

    private static boolean contains(List<String> source, List<String> quoted) {
        for (int indent = 0; indent <= 16; indent += 4) {
            String spaces = " ".repeat(indent);
            List<String> wanted = quoted.stream()
                    .map(line -> line.isEmpty() ? line : spaces + line)
                    .toList();
            if (Collections.indexOfSubList(source, wanted) >= 0) return true;
        }
        return false;
    }

    @Test
    void theTwoCommandsStandThereAndCiRunsTheSecond() throws IOException {
        List<String> commands = MarkdownPage.read("README.md").blocks().stream()
                .flatMap(block -> block.lines().stream())
                .toList();
        assertThat(commands)
                .contains(
                        "mvn -B -ntp -DskipTests package && broker-server/target/millrace/bin/millrace start",
                        "mvn -B -ntp verify");
        assertThat(Files.readAllLines(MarkdownPage.PROJECT.resolve(".ci/run"))).contains("mvn -B -ntp verify");
    }
}
