package dev.millrace.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The distribution as a user unpacks it, and its launcher in good and bad surroundings. */
final class DistributionIT {
    private static final Path HOME = Path.of(System.getProperty("millrace.home", "target/millrace"));
    private static final Path LAUNCHER = HOME.resolve("bin/millrace").toAbsolutePath();
    private static final long TIMEOUT_S = 60;

    @TempDir
    Path scratch;

    @Test
    void holdsAllThatTheManifestNamesAndNothingElse() throws IOException {
        List<String> jars = names(HOME.resolve("lib"));
        String server = jars.stream()
                .filter(name -> name.startsWith("broker-server-"))
                .findFirst()
                .orElseThrow();
        List<String> expected = new ArrayList<>(List.of(server, "native"));
        try (JarFile jar = new JarFile(HOME.resolve("lib").resolve(server).toFile())) {
            Manifest manifest = jar.getManifest();
            expected.addAll(
                    List.of(manifest.getMainAttributes().getValue("Class-Path").split(" ")));
            assertThat(manifest.getMainAttributes().getValue("Enable-Native-Access"))
                    .isEqualTo("ALL-UNNAMED");
        }
        assertThat(jars).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void bringsEpollForBothServerPlatformsAndNoUnusedCodec() throws IOException {
        List<String> jars = names(HOME.resolve("lib"));
        assertThat(jars)
                .anyMatch(name -> name.matches("netty-transport-native-epoll-.*-linux-x86_64\\.jar"))
                .anyMatch(name -> name.matches("netty-transport-native-epoll-.*-linux-aarch_64\\.jar"))
                .noneMatch(name -> name.matches("netty-.*(dns|haproxy|http2|http3|quic|memcache|mqtt|redis|smtp).*"))
                .noneMatch(name -> name.matches("netty-.*(socks|stomp|xml|protobuf|marshalling|proxy|ocsp|rxtx).*"))
                .noneMatch(name -> name.matches("netty-.*(sctp|udt|io_uring|kqueue).*"))
                .noneMatch(name -> name.matches("(junit|opentest4j|assertj|guava|lombok|spring|mockito).*"));
    }

    @Test
    void archiveHasOneTopFolderAndAnExecutableLauncher() throws Exception {
        List<String> archives = names(HOME.toAbsolutePath().getParent()).stream()
                .filter(name -> name.endsWith(".tar.gz"))
                .toList();
        assertThat(archives).hasSize(1);
        String top = archives.get(0).replace(".tar.gz", "/");
        Outcome listing = run(
                Map.of(), "tar", "tzvf", HOME.resolveSibling(archives.get(0)).toString());
        assertThat(listing.out().lines())
                .allMatch(line -> line.contains(" " + top))
                .anyMatch(line -> line.startsWith("-rwxr-xr-x") && line.endsWith(top + "bin/millrace"))
                .anyMatch(line -> line.endsWith(top + "config/millrace.yaml"))
                .anyMatch(line -> line.endsWith(top + "LICENSE"));
    }

    @Test
    void printsTheVersionAndNothingElse() throws Exception {
        Outcome version = run(Map.of(), LAUNCHER.toString(), "version");
        assertThat(version.err()).isEmpty();
        assertThat(version.out()).contains("millrace").contains("0.1.0");
        assertThat(version.exitCode()).isZero();
    }

    @Test
    void findsItsHomeThroughSymbolicLinks() throws Exception {
        Path absolute = scratch.resolve("absolute link");
        Path relative = scratch.resolve("relative");
        Files.createSymbolicLink(absolute, LAUNCHER);
        Files.createSymbolicLink(relative, Path.of("absolute link"));
        try {
            assertThat(run(Map.of(), absolute.toString(), "version").exitCode()).isZero();
            assertThat(run(Map.of(), relative.toString(), "version").exitCode()).isZero();
        } finally {
            Files.delete(relative);
            Files.delete(absolute);
        }
    }

    @Test
    void namesTheRemedyWhenJavaIsMissingOrTooOld() throws Exception {
        Outcome missing = run(Map.of("JAVA_HOME", scratch.toString()), LAUNCHER.toString(), "version");
        assertThat(missing.exitCode()).isEqualTo(1);
        assertThat(missing.err())
                .contains("JAVA_HOME")
                .contains("JDK 17 or newer")
                .hasLineCount(1);

        Files.createDirectory(scratch.resolve("bin"));
        Path java = Files.writeString(scratch.resolve("bin/java"), "#!/bin/sh\necho must not run\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        for (String old : List.of("11.0.21", "1.8.0_402")) {
            Files.writeString(scratch.resolve("release"), "JAVA_VERSION=\"" + old + "\"\n");
            Outcome tooOld = run(Map.of("JAVA_HOME", scratch.toString()), LAUNCHER.toString(), "start");
            assertThat(tooOld.exitCode()).isEqualTo(1);
            assertThat(tooOld.err())
                    .contains("Java 17 or newer is needed")
                    .contains(old)
                    .hasLineCount(1);
            assertThat(tooOld.out()).isEmpty();
        }
    }

    @Test
    void toolsWorkWhereNothingCanBeCached() throws Exception {
        Path file = Files.createFile(scratch.resolve("file"));
        for (String cache : List.of("", file.toString(), "/proc/nowhere")) {
            Outcome help = run(Map.of("MILLRACE_CACHE_DIR", cache), LAUNCHER.toString(), "topic", "--help");
            assertThat(help.err()).isEmpty();
            assertThat(help.exitCode()).isZero();
        }
    }

    @Test
    void keepsOneStartUpArchiveAndUsesIt() throws Exception {
        Map<String, String> cache = Map.of("MILLRACE_CACHE_DIR", scratch.toString());
        Outcome first = run(cache, LAUNCHER.toString(), "topic", "--help");
        List<String> kept = names(scratch);
        assertThat(kept).hasSize(1).allMatch(name -> name.endsWith(".jsa"));
        Outcome second = run(cache, LAUNCHER.toString(), "topic", "--help");
        assertThat(second).isEqualTo(first);
        assertThat(names(scratch)).isEqualTo(kept);

        // An archive that does not fit is passed over in silence.
        Path archive = scratch.resolve(kept.get(0));
        Files.delete(archive);
        Files.write(archive, new byte[100_000]);
        assertThat(run(cache, LAUNCHER.toString(), "topic", "--help")).isEqualTo(first);
    }

    @Test
    void helpLoadsNothingOfTheBench() throws Exception {
        Path log = scratch.resolve("loaded.txt");
        Map<String, String> logging =
                Map.of("MILLRACE_CACHE_DIR", "", "MILLRACE_CLI_JAVA_OPTS", "-Xlog:class+load:file=" + log);
        for (List<String> help : List.of(List.of("--help"), List.of("bench", "--help"))) {
            List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
            command.addAll(help);
            Outcome shown = run(logging, command.toArray(String[]::new));
            assertThat(shown.exitCode()).isZero();
            assertThat(shown.out()).startsWith("Usage: millrace");
            assertThat(Files.readString(log))
                    .contains("dev.millrace.server.cli.BenchCommand")
                    .doesNotContain("dev.millrace.server.bench", "org.apache.kafka", "org.HdrHistogram");
        }
    }

    @Test
    void brokerOptionsDoNotReachTheTools() throws Exception {
        String noSuchOption = "-XX:NoSuchOption=1";
        assertThat(run(Map.of("MILLRACE_JAVA_OPTS", noSuchOption), LAUNCHER.toString(), "version")
                        .exitCode())
                .isZero();
        assertThat(run(Map.of("MILLRACE_CLI_JAVA_OPTS", noSuchOption), LAUNCHER.toString(), "version")
                        .exitCode())
                .isNotZero();
    }

    private Outcome run(Map<String, String> environment, String... command) throws Exception {
        Path out = Files.createTempFile("millrace-out", ".txt");
        Path err = Files.createTempFile("millrace-err", ".txt");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " did not end; " + Files.readString(err));
            }
            return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    private record Outcome(int exitCode, String out, String err) {}
}
