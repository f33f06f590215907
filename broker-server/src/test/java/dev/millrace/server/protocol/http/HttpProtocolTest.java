package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class HttpProtocolTest {
    private HttpServer server = new HttpServer(10, 2_000);
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void servesMetricsAsPrometheusText() throws Exception {
        HttpResponse<String> response = get("/metrics?name=x");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body()).isEqualTo("metric 1\n");
    }

    @Test
    void tellsReadyAndNotReadyWithReasons() throws Exception {
        assertThat(get("/health/ready").body()).isEqualTo("{\"status\":\"ready\",\"reasons\":[]}\n");
        server.ready = Health.failing("disk_full", "disk_full", "3 bytes \"left\"");
        HttpResponse<String> response = get("/health/ready");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(response.body())
                .isEqualTo("{\"status\":\"disk_full\",\"reasons\":[{\"code\":\"disk_full\","
                        + "\"detail\":\"3 bytes \\\"left\\\"\"}]}\n");
        assertThat(get("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void answersUnknownPathAndMethodWithJson() throws Exception {
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        assertThat(get("/nothing").body()).contains("\"code\":\"not_found\"", "/metrics");
        HttpRequest post = HttpRequest.newBuilder(uri("/metrics"))
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build();
        HttpResponse<String> response = client.send(post, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("allow")).hasValue("GET, HEAD");
    }

    @Test
    void answersHeadWithoutBody() throws IOException {
        String answer = server.exchange("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK")
                .contains("content-length: 9")
                .endsWith("\r\n\r\n");
    }

    @Test
    void answersPipelinedRequestsOfOneConnectionInOrder() throws IOException {
        String answer = server.exchange("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).containsSubsequence("\"live\"", "metric 1", "\"ready\"");
    }

    @Test
    void refusesBodyLineAndHeadersOverTheLimit() throws IOException {
        assertThat(server.exchange("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("1000 bytes");
        assertThat(server.exchange("GET /" + "a".repeat(5_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .startsWith("HTTP/1.1 414");
        assertThat(server.exchange("GET / HTTP/1.1\r\nX: " + "a".repeat(20_000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
    }

    @Test
    void refusesABodyOverTheLimitThatComesInChunks() throws IOException {
        String chunk = "64\r\n" + "x".repeat(100) + "\r\n";
        String head = "POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        assertThat(server.exchange(head + chunk.repeat(10) + "0\r\n\r\n"))
                .as("just within it")
                .startsWith("HTTP/1.1 405");
        assertThat(server.exchange(head + chunk.repeat(11) + "0\r\n\r\n"))
                .startsWith("HTTP/1.1 413")
                .contains("1000 bytes");
    }

    @Test
    void answersWhatIsNotHttp() throws IOException {
        assertThat(server.exchange("\u0000\u0001\u0002 what\r\n\r\n")).startsWith("HTTP/1.1 400");
        assertThat(server.exchange("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 404");
    }

    @Test
    void closesConnectionThatIsSilentOrTooSlow() throws IOException {
        server.close();
        server = new HttpServer(10, 300);
        try (Socket silent = server.connect();
                Socket slow = server.connect();
                Socket afterOne = server.connect()) {
            slow.getOutputStream().write("GET /metrics HT".getBytes(StandardCharsets.US_ASCII));
            afterOne.getOutputStream()
                    .write("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(HttpServer.readAll(silent)).isEmpty();
            assertThat(HttpServer.readAll(slow)).isEmpty();
            assertThat(HttpServer.readAll(afterOne)).endsWith("metric 1\n");
        }
    }

    @Test
    void tellsConnectionsOverTheLimitWhy() throws IOException {
        server.close();
        server = new HttpServer(1, 2_000);
        try (Socket first = server.connect()) {
            first.getOutputStream().write("GET /health/live HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(first.getInputStream().read()).isEqualTo('H');
            assertThat(server.exchange("")).startsWith("HTTP/1.1 503").contains("too_many_connections");
        }
    }

    @Test
    void answersHealthWhileAScrapeHangsAndBoundsWaitingScrapes() throws Exception {
        CountDownLatch scrape = new CountDownLatch(1);
        server.close();
        server = new HttpServer(100, 10_000);
        server.metrics = () -> {
            try {
                scrape.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            return "late 1\n";
        };
        CountDownLatch refused = new CountDownLatch(13);
        List<CompletableFuture<Integer>> scrapes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            scrapes.add(client.sendAsync(
                            HttpRequest.newBuilder(uri("/metrics")).build(), HttpResponse.BodyHandlers.ofString())
                    .thenApply(response -> {
                        refused.countDown();
                        return response.statusCode();
                    }));
        }
        assertThat(get("/health/live").statusCode()).isEqualTo(200);
        refused.await();
        scrape.countDown();
        List<Integer> statuses = scrapes.stream().map(CompletableFuture::join).toList();
        // One runs, sixteen wait, the others are refused.
        assertThat(statuses.stream().filter(status -> status == 200)).hasSize(17);
        assertThat(statuses.stream().filter(status -> status == 503)).hasSize(13);
    }

    @Test
    void answersScrapeThatFails() throws Exception {
        server.metrics = () -> {
            throw new IllegalStateException("no numbers");
        };
        assertThat(get("/metrics").statusCode()).isEqualTo(500);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.address().getPort() + path);
    }
}
