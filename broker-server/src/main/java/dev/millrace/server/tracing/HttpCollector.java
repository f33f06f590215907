package dev.millrace.server.tracing;

import dev.millrace.server.config.SecretHeaders;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A collector that takes OTLP in JSON over HTTP. Thread: the exporter's. */
final class HttpCollector implements Collector {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);

    private final URI endpoint;
    private final SecretHeaders headers;
    /** Made for the first request: it takes a while to load. */
    private HttpClient client;

    HttpCollector(URI endpoint, SecretHeaders headers) {
        this.endpoint = endpoint;
        this.headers = headers;
    }

    @Override
    public Answer post(byte[] request) throws IOException, InterruptedException {
        if (client == null) {
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();
        }
        try {
            // The request's own time-out ends with the headers; a collector may stall behind them.
            HttpResponse<Void> response = client.sendAsync(withHeaders(request), HttpResponse.BodyHandlers.discarding())
                    .orTimeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .get();
            return new Answer(
                    response.statusCode(),
                    response.headers().firstValue("Retry-After").orElse(null));
        } catch (ExecutionException failure) {
            throw new IOException(failure.getCause().toString(), failure.getCause());
        }
    }

    private HttpRequest withHeaders(byte[] request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(endpoint).timeout(REQUEST_TIMEOUT);
        try {
            headers.read().forEach(builder::setHeader);
        } catch (IOException unreadable) {
            throw new IllegalStateException("tracing.otlp.headers cannot be read: " + unreadable, unreadable);
        }
        return builder.setHeader("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(request))
                .build();
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }
}
