package dev.millrace.client;

import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Changes that are made together by {@link #commit}, or not at all. Until then they are in this process alone. Closing
 * aborts what was not committed.
 *
 * <pre>
 * try (Transaction transaction = transactions.begin()) {
 *     transaction.publish(Message.to("payments").key("o-17").value("42.00"));
 *     transaction.publish(Message.to("audit").value("o-17 paid"));
 *     transaction.commit();
 * }
 * </pre>
 *
 * <p><em>Thread:</em> any, one at a time.
 */
public interface Transaction extends AutoCloseable {
    /**
     * Adds a message, also one to be delivered later.
     *
     * @throws MillraceException TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, MESSAGE_TOO_LARGE
     */
    Transaction publish(Message message);

    /**
     * Adds events of one stream. What is expected of the stream is expected of what it was before this transaction.
     *
     * @throws MillraceException TOPIC_NOT_FOUND; {@link #commit} says WRONG_EXPECTED_VERSION, ID_CONFLICT, INDEX_DISABLED
     */
    Transaction append(String topic, String key, Expected expected, Event... events);

    /** Adds the taking back of a message that waits for its time. */
    Transaction cancelTimer(String topic, String timerKey);

    /** Adds the commit of a group's offsets behind these messages, which {@code consumer} polled. */
    Transaction sendOffsets(GroupConsumer consumer, Collection<ReceivedMessage> messages);

    /** Adds the commit of offsets for a group without members. */
    Transaction sendOffsets(String group, Map<TopicPartition, Long> nextOffsets);

    /**
     * Makes all changes and waits until they are on disk.
     *
     * <p>Sends again after a lost connection, until the client's request time-out. Where the outcome is unknown after that
     * ({@link MillraceException#outcomeUnknown}), commit may be called again: it is done once.
     *
     * @throws MillraceException naming the change that was refused; then nothing was changed
     */
    Committed commit();

    /** Drops all changes. */
    void abort();

    /** Aborts, unless it was committed. */
    @Override
    void close();

    /**
     * What was committed.
     *
     * @param duplicate true where an earlier try had committed it
     * @param receipts one for each message, in the order of the calls
     * @param appends one for each append of events, in the order of the calls
     */
    record Committed(long appendTimeMs, boolean duplicate, List<Receipt> receipts, List<AppendResult> appends) {}
}
