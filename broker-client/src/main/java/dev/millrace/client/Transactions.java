package dev.millrace.client;

import java.time.Duration;
import java.util.List;

/**
 * Makes changes together or not at all, under a transactional id. <em>Thread:</em> any, but one transaction at a time.
 *
 * <p><em>Fails:</em> FENCED_PRODUCER once another instance took over the id: stop this one. Everything else that fails
 * leaves this usable.
 */
public interface Transactions extends AutoCloseable {
    String transactionalId();

    /**
     * Begins a transaction.
     *
     * @throws IllegalStateException where the one before was neither committed, aborted nor closed
     * @throws MillraceException FENCED_PRODUCER
     */
    Transaction begin();

    /**
     * Consume, transform, produce, exactly once: polls, hands the messages to the handler, and commits what it published
     * together with the group's offsets. Where nothing comes in time, nothing is done.
     *
     * <p>The handler may be called again with the same messages, after a failure or a rebalance; what it published the time
     * before was then never visible. The consumer must be opened with {@code autoCommit(false)}, and polled nowhere else.
     *
     * @return how many messages were handled and committed; 0 where the group gave their partitions to another member
     *     meanwhile
     * @throws MillraceException what the commit or the poll failed with; the messages come again
     */
    int process(GroupConsumer consumer, Duration timeout, Handler handler);

    /** Publishes through the transaction what follows from the messages. */
    @FunctionalInterface
    interface Handler {
        void handle(List<ReceivedMessage> messages, Transaction transaction);
    }

    /** Aborts what is open. */
    @Override
    void close();
}
