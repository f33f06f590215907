package dev.millrace.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The distribution that the build laid out, and the JDKs to run it on. */
public record Distribution(Path home, Path javaHome) {
    /** The one under test, on the JDK that runs the tests. */
    public static Distribution underTest() {
        Path home =
                Path.of(System.getProperty("millrace.home", "target/millrace")).toAbsolutePath();
        return new Distribution(home, Path.of(System.getProperty("java.home")));
    }

    /** The project's top directory. */
    public static Path projectRoot() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(at.resolve("broker-core"))) {
            at = at.getParent();
        }
        return at;
    }

    public Distribution on(Path otherJavaHome) {
        return new Distribution(home, otherJavaHome);
    }

    public Path executable() {
        return home.resolve("bin/millrace");
    }

    /** A process of the command line; environment cleaned of what could change its behaviour. */
    public ProcessBuilder command(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder();
        builder.command().add(executable().toString());
        builder.command().addAll(java.util.List.of(arguments));
        builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_"));
        builder.environment().put("JAVA_HOME", javaHome.toString());
        builder.environment().put("NO_COLOR", "1");
        return builder;
    }

    /** A JDK of this feature version among those that the machine has, if any. */
    public static Optional<Path> jdk(int feature) {
        String named = System.getenv("MILLRACE_TEST_JDK" + feature);
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        Path installed = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(installed)) {
            return Optional.empty();
        }
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(installed)) {
            for (Path home : homes) {
                Path release = home.resolve("release");
                if (Files.exists(release) && Files.readString(release).contains("JAVA_VERSION=\"" + feature)) {
                    return Optional.of(home);
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
