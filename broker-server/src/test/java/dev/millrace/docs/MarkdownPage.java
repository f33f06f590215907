package dev.millrace.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page of the documentation, as far as the tests of the pages need to understand it. */
public record MarkdownPage(Path file, List<String> lines) {
    /** The project's top directory; tests run in a module's. */
    public static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern COMMENT = Pattern.compile("<!-- (.*) -->");

    /**
     * A fenced block of code.
     *
     * @param note the text of the comment on the line before it, or empty
     */
    public record Block(String language, String note, List<String> lines) {}

    /** @param name relative to the project's top directory */
    public static MarkdownPage read(String name) {
        return read(PROJECT.resolve(name));
    }

    private static MarkdownPage read(Path file) {
        try {
            return new MarkdownPage(file, Files.readAllLines(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** README, CHANGELOG and everything under docs. */
    public static List<MarkdownPage> all() {
        try (Stream<Path> docs = Files.walk(PROJECT.resolve("docs"))) {
            Stream<Path> top = Stream.of("README.md", "CHANGELOG.md").map(PROJECT::resolve);
            return Stream.concat(top, docs.filter(file -> file.toString().endsWith(".md")))
                    .sorted()
                    .map(MarkdownPage::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The name relative to the project's top directory. */
    public String name() {
        return PROJECT.relativize(file).toString();
    }

    public List<Block> blocks() {
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).startsWith("```")) {
                continue;
            }
            int from = i + 1;
            for (i = from; !lines.get(i).equals("```"); ) {
                i++;
            }
            String before = from >= 2 ? lines.get(from - 2) : "";
            Matcher comment = COMMENT.matcher(before);
            blocks.add(new Block(
                    lines.get(from - 1).substring(3),
                    comment.matches() ? comment.group(1) : "",
                    lines.subList(from, i)));
        }
        return blocks;
    }

    /** Where links and pictures lead; not those in code. */
    public List<String> links() {
        List<String> links = new ArrayList<>();
        for (String line : proseLines()) {
            Matcher link = LINK.matcher(line.replaceAll("`[^`]*`", ""));
            while (link.find()) {
                links.add(link.group(1));
            }
        }
        return links;
    }

    /** What a link to a heading of this page may name, made as GitHub does. */
    public Set<String> anchors() {
        Set<String> anchors = new TreeSet<>();
        for (String line : proseLines()) {
            if (line.matches("#+ .*")) {
                String heading = line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT);
                anchors.add(heading.replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-'));
            }
        }
        return anchors;
    }

    private List<String> proseLines() {
        List<String> prose = new ArrayList<>();
        boolean code = false;
        for (String line : lines) {
            if (line.startsWith("```")) {
                code = !code;
            } else if (!code) {
                prose.add(line);
            }
        }
        return prose;
    }

    public String text() {
        return String.join("\n", lines);
    }
}
