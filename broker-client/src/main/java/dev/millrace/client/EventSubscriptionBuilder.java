package dev.millrace.client;

/** Options of a subscription to events, which are filtered in the broker. */
public interface EventSubscriptionBuilder {
    /** Topics by name or pattern. Required. */
    EventSubscriptionBuilder topics(String... namesOrPatterns);

    /** Only one stream of the topic. */
    EventSubscriptionBuilder stream(String key);

    /** Only streams whose key begins so. */
    EventSubscriptionBuilder keyPrefix(String prefix);

    /** Only events that match. */
    EventSubscriptionBuilder filter(EventFilter filter);

    /** Where to start. Default: earliest. */
    EventSubscriptionBuilder from(StartFrom start);

    /** Goes on after a checkpoint that an earlier subscription to the same topics told. */
    EventSubscriptionBuilder fromCheckpoint(String checkpoint);

    /**
     * Starts; the handler is called on a thread of the subscription until it is closed.
     *
     * @throws MillraceException TOPIC_NOT_FOUND, INVALID_REQUEST
     */
    EventSubscription start(EventHandler handler);

    /** Is told of a subscription's events, one at a time and in the order of each partition. */
    @FunctionalInterface
    interface EventHandler {
        /** A failure ends the subscription. */
        void onEvent(StoredEvent event) throws Exception;

        /**
         * All before it was handled or did not match: keep it to go on from there. At least every second while anything moves,
         * though between events only; at the latest after 1000 events, also where they did not match; and when the
         * subscription is closed.
         */
        default void onCheckpoint(String checkpoint) {}

        /** All that there was has been handed over. */
        default void onCaughtUp() {}

        /** After it was caught up, much has come that was not handed over yet. */
        default void onFellBehind() {}
    }
}
