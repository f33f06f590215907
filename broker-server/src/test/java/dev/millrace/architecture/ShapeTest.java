package dev.millrace.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.architecture.SourceShape.Method;
import dev.millrace.architecture.SourceShape.Place;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The shape that docs/STYLE.md asks for.
 *
 * <p>What we aim at is reported; what is far past it fails. A second responsibility hides in almost every file or method
 * past its aim, so look for it before the limit forces you to.
 */
final class ShapeTest {
    private static final int FILE_LINES_AIM = 600;
    private static final int FILE_LINES_MAX = 800;
    private static final int METHOD_LINES_AIM = 60;
    private static final int METHOD_LINES_MAX = 100;
    private static final int PARAMETERS_MAX = 8;

    /** The commands print; so does the entry point, before there is a command. */
    private static final List<String> MAY_PRINT =
            List.of("/dev/millrace/server/cli/", "/dev/millrace/server/Millrace.java");

    private static List<SourceShape> main;
    private static List<SourceShape> tests;

    @BeforeAll
    static void readSources() {
        main = read(SourceTree.main());
        tests = read(SourceTree.tests());
        report();
    }

    @Test
    void filesFitInAHead() {
        assertThat(all().filter(file -> file.lines() > FILE_LINES_MAX).map(ShapeTest::fileSize))
                .isEmpty();
    }

    @Test
    void methodsFitOnAScreen() {
        assertThat(methods().filter(method -> method.lines() > METHOD_LINES_MAX).map(ShapeTest::methodSize))
                .isEmpty();
    }

    @Test
    void methodsTakeFewParameters() {
        assertThat(main.stream()
                        .flatMap(file -> file.methods().stream())
                        .filter(method -> !method.place().what().equals("<init>"))
                        .filter(method -> method.parameters() > PARAMETERS_MAX)
                        .map(method -> method.place() + " takes " + method.parameters() + " parameters"))
                .isEmpty();
    }

    @Test
    void nothingIsLeftForLater() {
        assertThat(places(all(), SourceShape::openTodos)).isEmpty();
        assertThat(places(all(), SourceShape::commentedOutCode)).isEmpty();
    }

    @Test
    void onlyCommandsPrint() {
        Stream<SourceShape> silent =
                main.stream().filter(file -> MAY_PRINT.stream().noneMatch(file.name()::contains));
        assertThat(places(silent, SourceShape::standardStreams)).isEmpty();
    }

    @Test
    void testsDoNotSleep() {
        assertThat(places(tests.stream(), SourceShape::sleeps)).isEmpty();
    }

    /** Shows that each of the rules above can fail. */
    @Test
    void findsWhatItLooksFor() {
        String longMethod = "        i++;\n".repeat(METHOD_LINES_MAX);
        SourceShape shape = SourceShape.of("Bad.java", """
                final class Bad {
                    // TODO later
                    // TODO(#12) known
                    // System.gc();
                    // if (open) {
                    // x = 1;
                    // Prose ends with a dot, and may name a method() or use a semicolon; like this.
                    void bad(int a, int b) throws Exception {
                        System.out.println();
                        Thread.sleep(1);
                        int i = 0;
                """ + longMethod + "    }\n}\n");
        assertThat(shape.lines()).isEqualTo(METHOD_LINES_MAX + 13);
        assertThat(shape.openTodos()).extracting(Place::line).containsExactly(2L);
        assertThat(shape.commentedOutCode()).extracting(Place::line).containsExactly(4L, 5L, 6L);
        assertThat(shape.standardStreams()).extracting(Place::line).containsExactly(9L);
        assertThat(shape.sleeps()).extracting(Place::line).containsExactly(10L);
        assertThat(shape.methods())
                .containsExactly(new Method(new Place("Bad.java", 8, "bad"), METHOD_LINES_MAX + 5, 2));
    }

    @Test
    void sourcesAreReallyRead() {
        assertThat(main).extracting(SourceShape::name).anyMatch(name -> name.endsWith("/core/Broker.java"));
        assertThat(main).extracting(SourceShape::name).anyMatch(name -> name.endsWith("/server/Millrace.java"));
        assertThat(tests).extracting(SourceShape::name).anyMatch(name -> name.endsWith("/ShapeTest.java"));
        assertThat(methods()).hasSizeGreaterThan(100);
    }

    private static void report() {
        List<String> past = Stream.concat(
                        all().filter(file -> file.lines() > FILE_LINES_AIM).map(ShapeTest::fileSize),
                        methods()
                                .filter(method -> method.lines() > METHOD_LINES_AIM)
                                .map(ShapeTest::methodSize))
                .toList();
        if (past.isEmpty()) return;
        System.out.println("Past the aim of docs/STYLE.md:");
        past.forEach(line -> System.out.println("  " + line));
    }

    private static Stream<SourceShape> all() {
        return Stream.concat(main.stream(), tests.stream());
    }

    private static Stream<Method> methods() {
        return all().flatMap(file -> file.methods().stream());
    }

    private static List<Place> places(Stream<SourceShape> files, Function<SourceShape, List<Place>> rule) {
        // This test holds the words that it looks for.
        return files.filter(file -> !file.name().contains("/architecture/"))
                .flatMap(file -> rule.apply(file).stream())
                .toList();
    }

    private static String fileSize(SourceShape file) {
        return file.name() + " has " + file.lines() + " lines";
    }

    private static String methodSize(Method method) {
        return method.place() + " has " + method.lines() + " lines";
    }

    private static List<SourceShape> read(List<Path> files) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Path file : files) {
            String name = SourceTree.project().relativize(file).toString().replace('\\', '/');
            try {
                texts.put(name, Files.readString(file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return SourceShape.ofAll(texts);
    }
}
