package dev.millrace.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The Java sources of all modules. */
final class SourceTree {
    /** Code that breaks rules on purpose, for the tests of the rules. */
    private static final String BROKEN = "/architecture/broken/";

    private SourceTree() {}

    /** The project's root, from whatever module's directory the tests run in. */
    static Path project() {
        Path directory = Path.of("").toAbsolutePath();
        while (directory != null && !Files.isDirectory(directory.resolve("broker-core"))) {
            directory = directory.getParent();
        }
        if (directory == null) throw new IllegalStateException("run the tests inside the project's checkout");
        return directory;
    }

    static List<Path> main() {
        return sources("src/main/java");
    }

    static List<Path> tests() {
        return sources("src/test/java");
    }

    private static List<Path> sources(String folder) {
        return Stream.of("broker-core", "broker-client", "broker-server")
                .map(module -> project().resolve(module).resolve(folder))
                .filter(Files::isDirectory)
                .flatMap(SourceTree::javaFiles)
                .filter(file -> !file.toString().contains(BROKEN))
                .sorted()
                .toList();
    }

    private static Stream<Path> javaFiles(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
