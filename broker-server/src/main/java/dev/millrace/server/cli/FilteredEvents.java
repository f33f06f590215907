package dev.millrace.server.cli;

import dev.millrace.client.EventSubscription;
import dev.millrace.client.EventSubscriptionBuilder;
import dev.millrace.client.EventSubscriptionBuilder.EventHandler;
import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Events that pass a filter in the broker, to be polled as a consumer's messages are. */
final class FilteredEvents implements EventHandler, AutoCloseable {
    private static final int WAITING_MAX = 1000;
    private static final long OFFER_MS = 100;

    private final BlockingQueue<ReceivedMessage> waiting = new ArrayBlockingQueue<>(WAITING_MAX);
    private final EventSubscription subscription;
    private volatile boolean closed;

    FilteredEvents(EventSubscriptionBuilder builder) {
        subscription = builder.start(this);
    }

    /** Thread: the subscription's. */
    @Override
    public void onEvent(StoredEvent event) throws InterruptedException {
        ReceivedMessage message = event.message();
        boolean taken = false;
        // Nobody takes anything after the close, which waits for this to end.
        while (!taken && !closed) {
            taken = waiting.offer(message, OFFER_MS, TimeUnit.MILLISECONDS);
        }
    }

    /** Fails: what ended the subscription. */
    List<ReceivedMessage> poll(Duration timeout) {
        List<ReceivedMessage> batch = new ArrayList<>();
        try {
            ReceivedMessage first = waiting.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (first != null) {
                batch.add(first);
                waiting.drainTo(batch);
            } else if (subscription.finished().isDone() && waiting.isEmpty()) {
                subscription.finished().join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (CompletionException ended) {
            throw ended.getCause() instanceof MillraceException cause ? cause : ended;
        }
        return batch;
    }

    @Override
    public void close() {
        closed = true;
        subscription.close();
    }
}
