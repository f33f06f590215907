package dev.millrace.client;

import dev.millrace.core.record.Compression;
import java.time.Duration;

/** Options of a {@link Producer}. */
public interface ProducerBuilder {
    /**
     * How long a batch waits to fill up. Without a call it adapts: nothing waits while nothing of the partition is in
     * flight, else up to 5 ms.
     */
    ProducerBuilder linger(Duration linger);

    /**
     * Bytes at which a batch is sent without waiting. Default 64 KiB. Batches grow up to 1 MiB while a partition has five
     * in flight and more is waiting.
     */
    ProducerBuilder batchSize(int bytes);

    /** Default none. */
    ProducerBuilder compression(Compression compression);

    /**
     * Memory for messages that are not yet acknowledged. Default 64 MiB. Publishing into a full buffer waits, at most
     * for {@link #blockTimeout}, then fails with BUFFER_FULL.
     */
    ProducerBuilder bufferSize(long bytes);

    /** How long publishing may wait for room in the buffer; zero fails at once. Default: the delivery time-out. */
    ProducerBuilder blockTimeout(Duration timeout);

    /**
     * The total deadline of a message from publish to receipt, reconnects and retries included. Default: the client's
     * request time-out.
     */
    ProducerBuilder deliveryTimeout(Duration timeout);

    /**
     * Whether the broker recognises a batch that comes again. Default true: what was sent and not answered is sent again
     * after a reconnect, without duplicates and in order. With false such a batch fails with outcome unknown, and
     * batches may change places when the broker is overloaded.
     */
    ProducerBuilder idempotent(boolean idempotent);

    Producer build();
}
