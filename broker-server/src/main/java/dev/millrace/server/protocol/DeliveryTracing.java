package dev.millrace.server.protocol;

import dev.millrace.core.TopicPartition;
import java.nio.ByteBuffer;

/** Is told of records on their way to consumers, where the broker makes spans of that. Thread: any. */
public interface DeliveryTracing {
    /**
     * Records are about to be sent.
     *
     * @param fromOffset the first that the consumer wants; whole batches are sent, so that some may come before it
     * @param toOffset before this one it gets no more, though more may be in the batches
     * @param batches read during the call alone
     * @return to be run when the socket has taken them or the connection has ended; null where none of them is traced
     */
    Runnable begin(TopicPartition partition, long fromOffset, long toOffset, ByteBuffer batches);
}
