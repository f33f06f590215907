package dev.millrace.client;

import java.util.concurrent.CompletableFuture;

/** Handler style: hands messages to the handler until closed. Closing finishes and, in a group, commits what is in flight. */
public interface RunningConsumer extends Subscription {
    /** Completes when the consumer has stopped; exceptionally where a handler or the broker stopped it. */
    CompletableFuture<Void> finished();
}
