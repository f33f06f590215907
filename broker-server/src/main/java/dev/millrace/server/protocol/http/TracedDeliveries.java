package dev.millrace.server.protocol.http;

import dev.millrace.core.TopicPartition;
import dev.millrace.server.protocol.DeliveryTracing;
import java.nio.ByteBuffer;

/**
 * Spans of records on their way to a client over HTTP, which end when the socket has taken the records as text. Thread: any.
 *
 * @param tracing null where the broker makes no spans
 */
record TracedDeliveries(DeliveryTracing tracing) {
    /**
     * Records are text now, and about to be sent.
     *
     * @param before what else to run afterwards
     * @return what to run when they were sent
     */
    Runnable begin(TopicPartition partition, long fromOffset, long toOffset, ByteBuffer batches, Runnable before) {
        Runnable end = tracing == null ? null : tracing.begin(partition, fromOffset, toOffset, batches);
        if (end == null) {
            return before;
        }
        return () -> {
            before.run();
            end.run();
        };
    }
}
