package dev.millrace.mutants;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** Compiles changed copies of single source files against the broker's classes, in this process. */
final class MutantCompiler implements AutoCloseable {
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);

    MutantCompiler(List<Path> brokerClasses) throws IOException {
        files.setLocationFromPaths(StandardLocation.CLASS_PATH, classPath(brokerClasses));
    }

    private static List<Path> classPath(List<Path> brokerClasses) {
        String[] given = System.getProperty("java.class.path").split(System.getProperty("path.separator"));
        List<Path> paths = new ArrayList<>(brokerClasses);
        for (String path : given) {
            paths.add(Path.of(path));
        }
        return paths;
    }

    /** @param sources file name to text */
    void compile(Map<String, String> sources, Path output) throws IOException {
        files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(Files.createDirectories(output)));
        StringWriter problems = new StringWriter();
        List<Source> units = sources.entrySet().stream()
                .map(source -> new Source(source.getKey(), source.getValue()))
                .toList();
        boolean compiled = compiler.getTask(
                        problems, files, null, List.of("-proc:none", "-implicit:none", "-nowarn"), null, units)
                .call();
        if (!compiled) {
            throw new AssertionError("mutant does not compile:\n" + problems);
        }
    }

    @Override
    public void close() throws IOException {
        files.close();
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String file, String text) {
            super(URI.create("string:///" + file), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
