package dev.millrace.server.tracing;

import dev.millrace.core.time.TimeSource;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in the queue to a collector, one request at a time, on a thread of its own. A request that the collector could
 * not take now is tried again some times, the same bytes, while the queue holds what comes next; what it does not take then is
 * dropped and counted. Thread: any, but {@link #turn} one.
 *
 * <pre>
 *   idle ──spans──▶ sending ──2xx──▶ idle
 *                      │ ▲  └─refused, or tried often enough──▶ dropped
 *    429 502 503 504   ▼ │
 *    no connection   waiting
 * </pre>
 */
final class SpanExporter implements AutoCloseable {
    static final int REQUEST_SPANS_MAX = 512;
    static final long IDLE_MS = 200;
    /** After a refusal: a collector that refuses all must not be asked a thousand times in a second. */
    static final long REFUSED_PAUSE_MS = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(SpanExporter.class);
    /** As the specification of OTLP says; all others mean that the same request will fare no better. */
    private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

    private static final long CLOSE_MS = 2_000;

    private final SpanQueue queue;
    private final OtlpJson json;
    private final Collector collector;
    private final RetryPauses pauses;
    private final TimeSource clock;
    private final LongAdder exported = new LongAdder();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "millrace-tracing");
    /** Null for none. */
    private Request waiting;

    private long dueNanos;
    private boolean failing;

    /** Spans as they are sent: with the same ids each time, so that a collector which took them already can tell. */
    private record Request(byte[] body, int spanCount, int tries) {
        Request triedAgain() {
            return new Request(body, spanCount, tries + 1);
        }
    }

    /** What became of a request. */
    private enum Outcome {
        TAKEN,
        REFUSED,
        TRY_AGAIN
    }

    SpanExporter(SpanQueue queue, OtlpJson json, Collector collector, RetryPauses pauses, TimeSource clock) {
        this.queue = queue;
        this.json = json;
        this.collector = collector;
        this.pauses = pauses;
        this.clock = clock;
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
        try {
            boolean stopped = false;
            while (!stopped) {
                stopped = stopping.await(turn(), TimeUnit.MILLISECONDS);
            }
            exportRest();
        } catch (InterruptedException tooLate) {
            // The broker has ended and waits no longer.
        }
    }

    /** One request at most. Gives the milliseconds until the next turn, 0 for at once. */
    long turn() throws InterruptedException {
        if (waiting != null) {
            long leftNanos = dueNanos - clock.nanoTime();
            // Rounded up: a turn a moment too early would only wait again.
            return leftNanos > 0 ? 1 + TimeUnit.NANOSECONDS.toMillis(leftNanos) : export(waiting.triedAgain());
        }
        Request next = next();
        return next == null ? IDLE_MS : export(next);
    }

    /** Null where there is none. */
    private Request next() {
        List<BrokerSpan> spans = queue.take(REQUEST_SPANS_MAX);
        if (spans.isEmpty()) {
            return null;
        }
        try {
            return new Request(json.write(spans), spans.size(), 1);
        } catch (RuntimeException closing) {
            failed(closing.toString());
            queue.drop(spans.size());
            return null;
        }
    }

    private long export(Request request) throws InterruptedException {
        waiting = null;
        String retryAfter = null;
        Outcome outcome;
        try {
            Collector.Answer answer = collector.post(request.body);
            retryAfter = answer.retryAfter();
            outcome = outcomeOf(answer.status());
        } catch (IOException noAnswer) {
            failed(noAnswer.getMessage());
            outcome = Outcome.TRY_AGAIN;
        } catch (RuntimeException impossible) {
            failed(impossible.toString());
            outcome = Outcome.REFUSED;
        }
        return switch (outcome) {
            case TAKEN -> taken(request);
            case REFUSED -> dropped(request, REFUSED_PAUSE_MS);
            case TRY_AGAIN -> triedInVain(request, retryAfter);
        };
    }

    private Outcome outcomeOf(int status) {
        if (status / 100 == 2) {
            return Outcome.TAKEN;
        }
        failed("status " + status);
        return PASSING.contains(status) ? Outcome.TRY_AGAIN : Outcome.REFUSED;
    }

    private long taken(Request request) {
        exported.add(request.spanCount);
        if (failing) {
            failing = false;
            LOG.info("tracing_export_goes_on endpoint={}", collector);
        }
        return 0;
    }

    private long triedInVain(Request request, String retryAfter) {
        long pauseMs = pauses.nextMs(request.tries, retryAfter, clock.nowMs());
        if (request.tries == RetryPauses.TRIES_MAX) {
            return dropped(request, pauseMs);
        }
        waiting = request;
        dueNanos = clock.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pauseMs);
        return pauseMs;
    }

    private long dropped(Request request, long pauseMs) {
        queue.drop(request.spanCount);
        return pauseMs;
    }

    /** Each request once, and none to a collector that has trouble already. */
    private void exportRest() throws InterruptedException {
        for (Request rest = next(); rest != null; rest = next()) {
            if (failing) {
                dropped(rest, 0);
            } else {
                export(rest);
            }
        }
        if (waiting != null) {
            dropped(waiting, 0);
        }
    }

    /** Once for each time that the collector fails, not for each request. */
    private void failed(String cause) {
        if (!failing) {
            failing = true;
            LOG.warn("tracing_export_failed endpoint={} cause={}", collector, cause);
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
