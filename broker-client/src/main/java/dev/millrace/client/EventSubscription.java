package dev.millrace.client;

import java.util.concurrent.CompletableFuture;

/** A running subscription to events. */
public interface EventSubscription extends AutoCloseable {
    /** What the next {@link EventSubscriptionBuilder.EventHandler#onCheckpoint} would tell. */
    String checkpoint();

    /**
     * Completes when the subscription has ended; exceptionally where a handler or the broker ended it, such as with
     * POSITION_GONE for a checkpoint whose events are gone.
     */
    CompletableFuture<Void> finished();

    /** Ends it, after the event that is being handled. */
    @Override
    void close();
}
