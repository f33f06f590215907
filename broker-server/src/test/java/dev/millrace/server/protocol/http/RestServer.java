package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.server.BrokerServer;
import dev.millrace.server.config.ConfigException;
import dev.millrace.server.config.ConfigLoader;
import dev.millrace.server.config.Sources;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A real broker, asked over HTTP. */
final class RestServer implements AutoCloseable {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private final BrokerServer server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    RestServer(Path directory, String... settings) {
        List<String> sets = new ArrayList<>(List.of(
                "storage.generationSize=16MiB",
                "storage.blockCache=8MiB",
                "storage.tailCache=16MiB",
                "storage.diskReserve=64MiB",
                "shutdown.drainTimeout=5s",
                "listeners.native.bind=127.0.0.1:0",
                "listeners.http.bind=127.0.0.1:0"));
        sets.addAll(List.of(settings));
        try {
            server = BrokerServer.open(
                    ConfigLoader.load(Sources.none().withSets(sets).withDataDir(directory.toString()))
                            .config(),
                    halted -> {});
        } catch (ConfigException invalid) {
            throw new AssertionError(invalid);
        }
    }

    BrokerServer server() {
        return server;
    }

    int port() {
        return server.addresses().httpAddress().getPort();
    }

    HttpResponse<String> send(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.BodyPublisher publisher =
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .method(method, publisher);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** The answer, which must have this status. */
    JsonNode expect(int status, String method, String path, String body, String... headers) throws Exception {
        HttpResponse<String> response = send(method, path, body, headers);
        assertThat(response.statusCode())
                .as("%s %s: %s", method, path, response.body())
                .isEqualTo(status);
        String type = response.headers().firstValue("content-type").orElse("");
        assertThat(type).isEqualTo(status < 400 ? "application/json" : "application/problem+json");
        return MAPPER.readTree(response.body());
    }

    JsonNode get(String path) throws Exception {
        return expect(200, "GET", path, null);
    }

    JsonNode post(String path, String body) throws Exception {
        return expect(200, "POST", path, body);
    }

    /** A problem, which must have this code, and names it nowhere else. */
    JsonNode refused(int status, String code, String method, String path, String body, String... headers)
            throws Exception {
        JsonNode problem = expect(status, method, path, body, headers);
        assertThat(problem.path("code").asText()).as(problem.toString()).isEqualTo(code);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("detail").asText()).isNotBlank();
        return problem;
    }

    /** A tail, whose lines are read from the socket. */
    Tail tail(String path, String... headers) throws IOException {
        return new Tail(port(), path, headers);
    }

    static final class Tail implements AutoCloseable {
        private final Socket socket = new Socket();
        private final java.io.BufferedReader lines;

        Tail(int port, String path, String... headers) throws IOException {
            socket.setSoTimeout(30_000);
            socket.connect(new java.net.InetSocketAddress("127.0.0.1", port));
            StringBuilder request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: x\r\n");
            for (String header : headers) {
                request.append(header).append("\r\n");
            }
            socket.getOutputStream().write((request + "\r\n").getBytes(StandardCharsets.US_ASCII));
            lines = new java.io.BufferedReader(
                    new java.io.InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        }

        /** The next line that begins so, or null where the server closes before. */
        String line(String prefix) throws IOException {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(prefix)) {
                    return line.substring(prefix.length());
                }
            }
            return null;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
