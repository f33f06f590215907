package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ParkedEvent;
import dev.millrace.client.Position;
import dev.millrace.client.Projection.Retried;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.error.Fault;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Works on parked events when somebody asks for it. Thread: keeper, for {@link #go}; else any.
 *
 * <p>An event that is noted and not stored yet waits for its checkpoint: the request stays until then.
 */
final class ParkedWork {
    private final ProjectionRun run;
    private final ProjectionMode mode;
    private final ProjectionSource source;
    private final Queue<Request> requests = new ConcurrentLinkedQueue<>();

    private static final class Request {
        final CompletableFuture<Retried> done = new CompletableFuture<>();
        /** Null for all lines. */
        final byte[] key;
        /** Null to hand them to the handler. */
        final ParkedEvent discarded;

        Deque<ParkedEvent> lines;
        int handled;
        String failure;

        Request(byte[] key, ParkedEvent discarded) {
            this.key = key;
            this.discarded = discarded;
        }
    }

    ParkedWork(ProjectionRun run, ProjectionMode mode, ProjectionSource source) {
        this.run = run;
        this.mode = mode;
        this.source = source;
    }

    /** Waits until the keeper has done it. */
    Retried retry(byte[] key) {
        return ask(new Request(key, null));
    }

    boolean discard(Position position) {
        Optional<ParkedEvent> parked = run.parked.find(position);
        return parked.isPresent() && ask(new Request(null, parked.get())).handled() > 0;
    }

    private Retried ask(Request request) {
        requests.add(request);
        run.moved();
        if (run.isStopping()) {
            end();
        }
        return Waiting.on(request.done);
    }

    void go() {
        for (Iterator<Request> all = requests.iterator(); all.hasNext() && !run.isStopping(); ) {
            Request request = all.next();
            try {
                boolean over = request.discarded == null ? retryAll(request) : discard(request);
                if (over) {
                    all.remove();
                    request.done.complete(new Retried(request.handled, request.failure));
                }
            } catch (RuntimeException | Error e) {
                all.remove();
                request.done.completeExceptionally(e);
            }
        }
    }

    /** What is still asked for is not done. */
    void end() {
        for (Request request = requests.poll(); request != null; request = requests.poll()) {
            request.done.completeExceptionally(
                    new MillraceException(Fault.CLIENT_CLOSED, "projection " + run.options.id() + " has ended"));
        }
    }

    private boolean discard(Request request) {
        try {
            mode.discard(request.discarded);
        } catch (Exception e) {
            request.failure = ProjectionRun.describe(e);
            return true;
        }
        run.parked.remove(request.discarded);
        request.handled++;
        return true;
    }

    /** Line by line; false where it goes on at the next checkpoint. */
    private boolean retryAll(Request request) {
        if (request.lines == null) {
            request.lines = new ArrayDeque<>(run.parked.firsts(request.key));
        }
        while (!request.lines.isEmpty()) {
            Optional<ParkedEvent> first = run.parked.firstOf(request.lines.peek());
            if (first.isPresent() && !run.parked.isStored(first.get())) {
                return false;
            }
            if (first.isEmpty() || !retry(request, first.get())) {
                request.lines.remove();
            }
        }
        return true;
    }

    /** False where it failed again, so that those behind it have to wait. */
    private boolean retry(Request request, ParkedEvent parked) {
        try {
            StoredEvent event = source.read(parked.position());
            mode.retry(parked, event);
        } catch (Exception e) {
            String failure = parked.position() + ": " + ProjectionRun.describe(e);
            request.failure = request.failure == null ? failure : request.failure;
            return false;
        }
        run.parked.remove(parked);
        request.handled++;
        return true;
    }
}
