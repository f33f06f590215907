package dev.millrace.client;

import java.util.List;

/**
 * Messages that were published with {@link Message#deliverAt} or {@link Message#delay} and wait for their time. All calls
 * wait for the answer. <em>Thread:</em> any.
 */
public interface Timers {
    /**
     * Takes a message back before its time.
     *
     * @return false where none with this timer key is pending: it was delivered, cancelled, or never there
     */
    boolean cancel(String topic, String timerKey);

    /** Takes back a message that {@link #list} has shown, with or without a timer key. */
    boolean cancel(Pending timer);

    /**
     * What waits, in due order.
     *
     * @param topic null for all
     * @param countMax 1 or more
     */
    List<Pending> list(String topic, int countMax);

    /**
     * A message that waits.
     *
     * @param topic its name; empty where it was deleted meanwhile, and the message will be dropped
     * @param topicId the topic's lasting id
     * @param sequence tells apart what is due at the same time
     * @param timerKey null for none
     */
    record Pending(
            String topic,
            java.util.UUID topicId,
            int partition,
            long dueMs,
            long sequence,
            String timerKey,
            int bytes) {}
}
