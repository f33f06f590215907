package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.schema.RegistrySchema;
import dev.millrace.client.schema.SchemaRegistryClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the daemon starts, refuses to start, and ends: one clear error with cause and remedy, no stack trace. */
class StartIT {
    @TempDir
    Path directory;

    @Test
    void isReadyWithinTwoSecondsAndPrintsABanner() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            assertThat(daemon.terminate()).isZero();
            long readyMs = daemon.start();
            // Twice the promise of 2 s, because other tests share the two cores.
            assertThat(readyMs).isLessThan(4000);
            awaitLog(daemon, daemon.server(), daemon.data().toString(), "fsync", "config");
            assertThat(daemon.get("/health/live")).contains("\"status\"");
            assertThat(daemon.get("/metrics")).contains("millrace_info", "jvm_memory_used_bytes");
        }
    }

    @Test
    void aTerminatedDaemonFinishesWhatItAcceptedAndExitsZero() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            daemon.run("topic", "create", "t").succeeded();
            daemon.run("pub", "t", "hello", "--key", "k").succeeded();
            assertThat(daemon.terminate()).isZero();
            daemon.start();
            assertThat(daemon.run("sub", "t", "--from", "earliest", "--max", "1", "--format", "value")
                            .out())
                    .isEqualTo("hello\n");
        }
    }

    @Test
    void refusesADataDirectoryThatIsInUse() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory);
                Daemon second = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            assertRefused(second, "in use", daemon.data().toString());
            assertThat(daemon.run("topic", "list").succeeded().exit()).isZero();
        }
    }

    @Test
    void refusesAPortInUseAndNamesIt() throws Exception {
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String address = "127.0.0.1:" + taken.getLocalPort();
            try (Daemon daemon = new Daemon(Distribution.underTest(), directory, "listeners.native.bind=" + address)) {
                assertRefused(daemon, address, "listeners.native.bind");
            }
        }
    }

    @Test
    void refusesDataOfAnotherFormatVersionAndLeavesItAlone() throws Exception {
        Path data = directory.resolve("data");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            assertThat(daemon.terminate()).isZero();
            Path format = data.resolve("FORMAT");
            String other = Files.readString(format).replaceFirst("format=[0-9]+", "format=99");
            Files.writeString(format, other);
            assertRefused(daemon, "99", "version");
            assertThat(Files.readString(format)).isEqualTo(other);
        }
    }

    @Test
    void refusesADirectoryThatIsNotMillraceData() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("thesis.txt"), "ten years of work");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            assertRefused(daemon, data.toString());
            assertThat(Files.readString(data.resolve("thesis.txt"))).isEqualTo("ten years of work");
        }
    }

    @Test
    void refusesADataDirectoryThatItCannotWrite() throws Exception {
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("r-xr-xr-x"));
        Assumptions.assumeFalse(Files.isWritable(data), "skipped: this user may write anywhere (root)");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            assertRefused(daemon, data.toString(), "writ");
        }
    }

    @Test
    void refusesADataDirectoryThatIsAFile() throws Exception {
        Path data = Files.writeString(directory.resolve("data"), "not a directory");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            assertRefused(daemon, data.toString());
        }
    }

    @Test
    void namesAllConfigurationProblemsAtOnce() throws Exception {
        try (Daemon daemon =
                new Daemon(Distribution.underTest(), directory, "storage.tailCach=64MiB", "topics.partitions=0")) {
            assertRefused(daemon, "storage.tailCache", "topics.partitions", "1");
        }
    }

    @Test
    void refusesPublishesBeforeTheDiskIsFullWhileTheRestWorks() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory, "storage.diskReserve=900TiB")) {
            daemon.launch();
            awaitLog(daemon, "ready");
            daemon.run("topic", "create", "t").succeeded();
            Daemon.Ran refused = daemon.run("pub", "t", "hello");
            assertThat(refused.exit()).isEqualTo(1);
            assertThat(refused.err())
                    .contains("warning: publish.waits", "storage.diskReserve")
                    .doesNotContain("\tat ");
            assertThat(daemon.get("/health/ready")).contains("disk_full");
            daemon.run("topic", "list").succeeded();
        }
    }

    @Test
    void logsAtTheLevelAndInTheFormThatTheConfigurationSays() throws Exception {
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.start();
            awaitLog(daemon, " INFO  BrokerServer broker_started ");
            daemon.run("topic", "create", "t").succeeded();
            daemon.kill();
            daemon.start();
            awaitLog(daemon, "recovery step=CHECKING walBytes=", "recovery step=REPLAYING", "recovered walBytes=");
        }
        Path other = directory.resolve("other");
        Files.createDirectories(other);
        try (Daemon daemon =
                new Daemon(Distribution.underTest(), other, "logging.level=debug", "logging.format=json")) {
            daemon.start();
            awaitLog(daemon, "\"level\":\"INFO\"", "\"level\":\"DEBUG\"", "broker_started");
        }
    }

    @Test
    void leavesNothingInTheTemporaryDirectoryWhenItIsKilled() throws Exception {
        Path temporary = Files.createDirectories(directory.resolve("tmp"));
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.environment("MILLRACE_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
            daemon.start();
            daemon.kill();
        }
        assertThat(temporary).isEmptyDirectory();
    }

    /** What changes about lib/ between the starts and is no jar (in CI it was the total of blocks) must not matter. */
    @Test
    void theFirstStartHasAnArchiveMadeThatLaterStartsUse() throws Exception {
        Path cache = directory.resolve("cache");
        Path loaded = directory.resolve("classes.log");
        Path archives = directory.resolve("archives.log");
        Path natives = Distribution.underTest().home().resolve("lib/native");
        FileTime modified = Files.getLastModifiedTime(natives);
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.environment("MILLRACE_CACHE_DIR", cache.toString());
            daemon.start();
            awaitOneArchive(cache);
            assertThat(daemon.terminate()).isZero();
            Files.setLastModifiedTime(natives, FileTime.fromMillis(modified.toMillis() + 3_600_000));
            daemon.environment(
                    "MILLRACE_JAVA_OPTS", "-Xlog:class+load:file=" + loaded + " -Xlog:cds*=info:file=" + archives);
            daemon.start();
            assertThat(namesIn(cache)).hasSize(1);
            assertThat(archives).as("whether the JVM was given the archive").exists();
            String log = Files.readString(archives);
            assertThat(log).contains("Mapped dynamic region");
            assertThat(Files.readString(loaded))
                    .as(log)
                    .containsPattern("dev\\.millrace\\.server\\.BrokerServer source: shared objects file")
                    .as("what the first answer takes")
                    .containsPattern("jackson\\.databind\\.ObjectMapper source: shared objects file");
            assertThat(daemon.terminate()).isZero();
            assertThat(daemon.log()).doesNotContain("[warning]");
        } finally {
            Files.setLastModifiedTime(natives, modified);
        }
    }

    /** What the registry needs takes longer to load than all the rest of a start. */
    @Test
    void loadsNoLibraryOfSchemasBeforeOneIsUsed() throws Exception {
        Path loaded = directory.resolve("classes.log");
        try (Daemon daemon = new Daemon(Distribution.underTest(), directory)) {
            daemon.environment("MILLRACE_CACHE_DIR", "");
            daemon.environment("MILLRACE_JAVA_OPTS", "-Xlog:class+load:file=" + loaded);
            daemon.start();
            assertThat(Files.readString(loaded)).contains("dev.millrace.server.BrokerServer");
            assertThat(librariesOfSchemas(loaded)).isEmpty();
            SchemaRegistryClient.of(daemon.httpUrl())
                    .register("orders-value", RegistrySchema.json("{\"type\":\"string\"}"));
            assertThat(librariesOfSchemas(loaded)).isNotEmpty();
            assertThat(daemon.terminate()).isZero();
            daemon.start();
            assertThat(librariesOfSchemas(loaded)).isEmpty();
            assertThat(daemon.terminate()).isZero();
        }
    }

    private static List<String> librariesOfSchemas(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.filter(
                            line -> line.matches(
                                    ".* (org\\.apache\\.avro|com\\.networknt|com\\.google\\.protobuf|com\\.squareup|kotlin)\\..*"))
                    .toList();
        }
    }

    /** The rehearsal tidies up after itself: one file and nothing else. */
    private static void awaitOneArchive(Path cache) throws IOException, InterruptedException {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        CountDownLatch never = new CountDownLatch(1);
        while (true) {
            List<String> names = namesIn(cache);
            if (names.size() == 1 && names.get(0).matches("broker-\\d+\\.jsa")) return;
            assertThat(System.nanoTime()).as(names.toString()).isLessThan(deadlineNanos);
            never.await(50, TimeUnit.MILLISECONDS);
        }
    }

    private static List<String> namesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    /** A daemon answers before it has written what it says of its start: on a slow machine the log was still empty. */
    private static void awaitLog(Daemon daemon, String... texts) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        CountDownLatch never = new CountDownLatch(1);
        while (!Stream.of(texts).allMatch(daemon.log()::contains)) {
            assertThat(System.nanoTime()).as(daemon.log()).isLessThan(deadlineNanos);
            never.await(20, TimeUnit.MILLISECONDS);
        }
    }

    private static void assertRefused(Daemon daemon, String... texts) throws IOException, InterruptedException {
        Process process = daemon.launch();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as(daemon.log()).isTrue();
        assertThat(process.exitValue()).isBetween(1, 2);
        String error = daemon.log().substring(daemon.log().lastIndexOf("error:"));
        assertThat(error).contains(texts).doesNotContain("\tat ", "Exception");
    }
}
