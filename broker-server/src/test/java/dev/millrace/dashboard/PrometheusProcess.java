package dev.millrace.dashboard;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The real Prometheus, as it is on the path of this machine, scraping one broker; all it keeps is in one directory. */
final class PrometheusProcess implements AutoCloseable {
    static final int SCRAPE_SECONDS = 2;
    private static final int READY_MAX_SECONDS = 60;

    private final Process process;
    private final String url;

    private PrometheusProcess(Process process, String url) {
        this.process = process;
        this.url = url;
    }

    static boolean isThere() throws InterruptedException {
        try {
            return new ProcessBuilder("prometheus", "--version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException notThere) {
            return false;
        }
    }

    /**
     * Starts it and waits until it answers.
     *
     * @param target host and port
     * @param rules a file of alert rules, which it evaluates too
     */
    static PrometheusProcess start(Path directory, String target, Path rules) throws IOException, InterruptedException {
        Path config = directory.resolve("prometheus.yml");
        Files.writeString(config, """
                global:
                  scrape_interval: %ds
                  evaluation_interval: %ds
                scrape_configs:
                  - job_name: millrace
                    static_configs:
                      - targets: ["%s"]
                rule_files:
                  - %s
                """.formatted(SCRAPE_SECONDS, SCRAPE_SECONDS, target, rules.toRealPath()));
        String address = "127.0.0.1:" + freePort();
        Process process = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + directory.resolve("prometheus"),
                        "--web.listen-address=" + address)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("prometheus.log").toFile())
                .start();
        PrometheusProcess started = new PrometheusProcess(process, "http://" + address);
        started.awaitReady();
        return started;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void awaitReady() throws InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url + "/-/ready")).build();
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_MAX_SECONDS);
        while (!isReady(request)) {
            if (process.waitFor(100, TimeUnit.MILLISECONDS) || System.nanoTime() > deadlineNanos) {
                process.destroyForcibly();
                throw new IllegalStateException("Prometheus does not start; see prometheus.log");
            }
        }
    }

    private static boolean isReady(HttpRequest request) throws InterruptedException {
        try {
            return HttpClient.newHttpClient()
                            .send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException notListening) {
            return false;
        }
    }

    Prometheus api() {
        return new Prometheus(url);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
