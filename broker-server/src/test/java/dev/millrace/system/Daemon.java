package dev.millrace.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real daemon as a process, on ports of its own that stay the same over restarts. */
public final class Daemon implements AutoCloseable {
    private static final Duration READY_MAX = Duration.ofSeconds(30);

    private final Distribution distribution;
    private final Path data;
    private final Path log;
    private final int nativePort = freePort();
    private final int httpPort = freePort();
    private final List<String> settings = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private Process process;

    /** Data and log lie in {@code directory}. */
    public Daemon(Distribution distribution, Path directory, String... settings) {
        this(distribution, directory, directory.resolve("data"), settings);
    }

    /** Only the log lies in {@code directory}. */
    public Daemon(Distribution distribution, Path directory, Path data, String... settings) {
        this.distribution = distribution;
        this.data = data;
        this.log = directory.resolve("daemon.log");
        this.settings.addAll(List.of(settings));
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public String server() {
        return "127.0.0.1:" + nativePort;
    }

    /** Such as {@code http://127.0.0.1:17680}. */
    public String httpUrl() {
        return "http://127.0.0.1:" + httpPort;
    }

    public Path data() {
        return data;
    }

    /** The process that was launched last. */
    public Process process() {
        return process;
    }

    /** An environment variable of all processes launched from now on; a null value takes it away again. */
    public void environment(String name, String value) {
        if (value == null) {
            environment.remove(name);
        } else {
            environment.put(name, value);
        }
    }

    /** Processes launched from now on watch every network buffer, and write LEAK into the log when one was not released. */
    public Daemon watchingLeaks() {
        environment("MILLRACE_JAVA_OPTS", "-Dio.netty.leakDetection.level=paranoid");
        return this;
    }

    /** Starts the process without waiting for it. */
    public Process launch() throws IOException {
        ProcessBuilder builder = distribution.command(
                "start",
                "--data",
                data.toString(),
                "--set",
                "listeners.native.bind=" + server(),
                "--set",
                "listeners.http.bind=127.0.0.1:" + httpPort);
        for (String setting : settings) {
            builder.command().add("--set");
            builder.command().add(setting);
        }
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        process = builder.start();
        return process;
    }

    /** Starts and waits until the daemon says it is ready; returns the milliseconds that took. */
    public long start() throws IOException, InterruptedException {
        long startNanos = System.nanoTime();
        launch();
        while (statusOf("/health/ready") != 200) {
            assertThat(process.isAlive())
                    .as("daemon ended while starting:\n%s", log())
                    .isTrue();
            assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
                    .as("daemon is not ready:\n%s", log())
                    .isLessThan(READY_MAX);
            process.waitFor(10, TimeUnit.MILLISECONDS);
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    /** SIGKILL: no chance to flush anything. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    /** SIGTERM; returns the exit code. */
    public int terminate() throws InterruptedException {
        process.destroy();
        assertThat(process.waitFor(30, TimeUnit.SECONDS))
                .as("daemon did not end:\n%s", log())
                .isTrue();
        return process.exitValue();
    }

    public String log() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public String get(String path) throws IOException, InterruptedException {
        return http.send(request(path), HttpResponse.BodyHandlers.ofString()).body();
    }

    /** The HTTP status that the daemon answers, or -1 while nobody listens. */
    public int statusOf(String path) throws InterruptedException {
        try {
            return http.send(request(path), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException notListening) {
            return -1;
        }
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create(httpUrl() + path))
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    /** Runs a command of the command line against this daemon and waits for its end. */
    public Ran run(String... arguments) throws IOException, InterruptedException {
        Process command = command(arguments)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        Path errors = Files.createTempFile("millrace", ".err");
        Thread drain = new Thread(() -> {
            try {
                Files.write(errors, command.getErrorStream().readAllBytes());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        drain.start();
        String out = new String(command.getInputStream().readAllBytes());
        assertThat(command.waitFor(60, TimeUnit.SECONDS)).isTrue();
        drain.join();
        String err = Files.readString(errors);
        Files.delete(errors);
        return new Ran(command.exitValue(), out, err);
    }

    /** A command that talks to this daemon, not yet started. */
    public ProcessBuilder command(String... arguments) {
        ProcessBuilder builder = distribution.command(arguments);
        builder.environment().put("MILLRACE_SERVER", server());
        return builder;
    }

    /** What a command answered. */
    public record Ran(int exit, String out, String err) {
        public Ran succeeded() {
            assertThat(exit).as("stdout:\n%s\nstderr:\n%s", out, err).isZero();
            return this;
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
