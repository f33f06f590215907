package dev.millrace.client;

import java.util.concurrent.CompletableFuture;

/** A running subscription to events. */
public interface EventSubscription extends AutoCloseable {
    /**
     * What {@link EventSubscriptionBuilder.EventHandler#onCheckpoint} would tell now: the events that were handled, without
     * the one that is being handled, or that failed.
     */
    String checkpoint();

    /**
     * Completes when the subscription has ended; exceptionally where a handler or the broker ended it, such as with
     * POSITION_GONE for a checkpoint whose events are gone.
     */
    CompletableFuture<Void> finished();

    /**
     * Ends it, after the event that is being handled, and tells the handler the last checkpoint. Called from the handler it
     * returns at once and the rest follows.
     */
    @Override
    void close();
}
