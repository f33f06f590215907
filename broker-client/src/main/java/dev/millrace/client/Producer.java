package dev.millrace.client;

import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;

/**
 * Publishes messages; each is acknowledged when it is on the broker's disk.
 *
 * <p>Messages that one thread publishes to one partition are appended in that order. <em>Thread:</em> any; one producer
 * is enough for a process, and batches best when shared.
 *
 * <p><em>Fails:</em> TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, MESSAGE_TOO_LARGE, BUFFER_FULL, DISK_FULL, TIMED_OUT. A message
 * that was sent and not answered until its deadline fails with {@link MillraceException#outcomeUnknown()}; the producer
 * then takes a new id for that partition and goes on, so publishing such a message again may append it twice.
 */
public interface Producer extends AutoCloseable {
    /** Publishes and waits until the message is on disk. */
    Receipt publish(Message message);

    /** Publishes and waits until the message is on disk. */
    default Receipt publish(String topic, byte[] key, byte[] value) {
        return publish(Message.of(topic, key, value));
    }

    /** Publishes and waits until the message is on disk; key and value as UTF-8, the key may be null. */
    default Receipt publish(String topic, String key, String value) {
        return publish(Message.to(topic).key(key).value(value));
    }

    /**
     * Publishes without waiting, except for room in the buffer and, once for a topic, for its description.
     *
     * <p>All failures come through the future, which completes on a thread of the client: go on in an executor of your
     * own before doing long work.
     */
    CompletableFuture<Receipt> publishAsync(Message message);

    /**
     * As {@link #publishAsync(Message)}, without a future for each message: for those who publish very many.
     *
     * @param whenDone gets the receipt, or null and the failure. It is called once, on a thread of the client, and must not
     *     wait there; on the caller's own where the message could not be taken at all. What it throws is logged and has no
     *     other consequence
     */
    void publishAsync(Message message, BiConsumer<? super Receipt, ? super MillraceException> whenDone);

    /** Sends what waits and returns when everything published before is acknowledged or has failed. */
    void flush();

    /** Flushes, then lets go. Publishing afterwards fails with CLIENT_CLOSED. */
    @Override
    void close();
}
