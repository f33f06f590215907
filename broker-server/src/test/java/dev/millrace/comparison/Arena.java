package dev.millrace.comparison;

import dev.millrace.faults.PeerServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One broker, alone on the machine, with data of its own that goes when it goes. */
final class Arena implements AutoCloseable {
    private final Contender contender;
    private final Path directory;
    private final PeerServer server;
    private final double readySeconds;

    /** Starts the broker on empty data and waits until it answers. */
    Arena(Contender contender, Path root) throws Exception {
        this.contender = contender;
        directory = Files.createTempDirectory(Files.createDirectories(root), "arena");
        Path disk = Files.createDirectory(directory.resolve("disk"));
        Path home = Files.createDirectory(directory.resolve("home"));
        server = contender.server(disk, home);
        server.prepare();
        settle();
        readySeconds = startServer();
    }

    private double startServer() throws Exception {
        long startNanos = System.nanoTime();
        if (!server.start()) {
            server.kill();
            throw new IllegalStateException(contender.title + " does not start; see " + directory);
        }
        return (System.nanoTime() - startNanos) / 1e9;
    }

    /** From the start of the process to the first answer. */
    double readySeconds() {
        return readySeconds;
    }

    /** SIGKILL and a start on the same data; returns the seconds until the first answer. */
    double killAndStart() throws Exception {
        server.kill();
        settle();
        return startServer();
    }

    String address() {
        return server.address();
    }

    /** Of a broker that is Millrace. */
    String httpUrl() {
        return ((PeerServer.Millrace) server).httpUrl();
    }

    /** For what a load needs beside the broker; goes with it. */
    Path directory() {
        return directory;
    }

    /** Runs {@code millrace bench} against this broker. */
    Load bench(String load) throws Exception {
        String target = contender.target(server.address());
        long pid = server.process().pid();
        return Load.run(directory, load + " --target " + target + " --broker-pid " + pid + " --json");
    }

    double residentMebibytes() throws IOException {
        Path status = Path.of("/proc/" + server.process().pid() + "/status");
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
            }
        }
        throw new IllegalStateException("no VmRSS in " + status);
    }

    /** Lets the broker be for so long. */
    void rest(int seconds) throws InterruptedException {
        if (server.process().waitFor(seconds, TimeUnit.SECONDS)) {
            throw new IllegalStateException(contender.title + " ended; see " + directory);
        }
    }

    /** Waits until all that was written is on the disk, so that nobody pays for another's work. */
    static void settle() throws IOException, InterruptedException {
        int status = new ProcessBuilder("sync").inheritIO().start().waitFor();
        if (status != 0) throw new IOException("sync ended with " + status);
    }

    @Override
    public void close() throws Exception {
        server.kill();
        delete(directory);
        settle();
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            throw new IllegalStateException("somebody else deletes in " + directory, gone);
        }
    }
}
