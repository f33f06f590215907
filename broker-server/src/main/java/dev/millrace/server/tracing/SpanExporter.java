package dev.millrace.server.tracing;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in the queue to a collector, as OTLP over HTTP, on a thread of its own. What a collector does not take is
 * dropped and counted; nothing is sent twice. Thread: any.
 */
final class SpanExporter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SpanExporter.class);
    private static final int REQUEST_SPANS_MAX = 512;
    private static final long IDLE_MS = 200;
    /** After a failure: a collector that is down must not be asked a thousand times in a second. */
    private static final long PAUSE_MS = 1_000;

    private static final long CLOSE_MS = 2_000;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(5);

    private final SpanQueue queue;
    private final URI endpoint;
    private final OtlpJson json;
    private final LongAdder exported = new LongAdder();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "millrace-tracing");
    private boolean failing;

    SpanExporter(SpanQueue queue, URI endpoint, OtlpJson json) {
        this.queue = queue;
        this.endpoint = endpoint;
        this.json = json;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Taken by the collector since the start. */
    long exportedCount() {
        return exported.sum();
    }

    private void run() {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
        try {
            boolean stopped = false;
            while (!stopped) {
                List<BrokerSpan> spans = queue.take(REQUEST_SPANS_MAX);
                if (spans.isEmpty()) {
                    stopped = stopping.await(IDLE_MS, TimeUnit.MILLISECONDS);
                } else if (!export(client, spans)) {
                    queue.drop(spans.size());
                    stopped = stopping.await(PAUSE_MS, TimeUnit.MILLISECONDS);
                }
            }
            exportRest(client);
        } catch (InterruptedException tooLate) {
            // The broker has ended and waits no longer.
        }
    }

    private void exportRest(HttpClient client) throws InterruptedException {
        List<BrokerSpan> rest = queue.take(REQUEST_SPANS_MAX);
        while (!rest.isEmpty()) {
            if (failing || !export(client, rest)) {
                queue.drop(rest.size());
            }
            rest = queue.take(REQUEST_SPANS_MAX);
        }
    }

    private boolean export(HttpClient client, List<BrokerSpan> spans) throws InterruptedException {
        try {
            HttpRequest request = HttpRequest.newBuilder(endpoint)
                    .timeout(REQUEST_TIMEOUT)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(json.write(spans)))
                    .build();
            // The request's own time-out ends with the headers; a collector may stall behind them.
            int status = client.sendAsync(request, HttpResponse.BodyHandlers.discarding())
                    .orTimeout(REQUEST_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .get()
                    .statusCode();
            if (status / 100 != 2) {
                failed("status " + status);
                return false;
            }
        } catch (ExecutionException failure) {
            failed(failure.getCause().toString());
            return false;
        } catch (RuntimeException failure) {
            failed(failure.toString());
            return false;
        }
        exported.add(spans.size());
        if (failing) {
            failing = false;
            LOG.info("tracing_export_goes_on endpoint={}", endpoint);
        }
        return true;
    }

    /** Once for each time that the collector fails, not for each request. */
    private void failed(String cause) {
        if (!failing) {
            failing = true;
            LOG.warn("tracing_export_failed endpoint={} cause={}", endpoint, cause);
        }
    }

    /** Sends what is left, for a short time. Safe twice. */
    @Override
    public void close() {
        stopping.countDown();
        try {
            thread.join(CLOSE_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
    }
}
