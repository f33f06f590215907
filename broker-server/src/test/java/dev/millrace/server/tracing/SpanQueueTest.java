package dev.millrace.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.TopicPartition;
import dev.millrace.core.record.TraceParent;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SpanQueueTest {
    private final SpanQueue queue = new SpanQueue(2);

    private static BrokerSpan span(long offset) {
        TraceParent parent = new TraceParent("1".repeat(32), "2".repeat(16), 1);
        return new BrokerSpan(
                BrokerSpan.Operation.PUBLISH, parent, new TopicPartition(new UUID(0, 1), 0), offset, 1, 2, null);
    }

    @Test
    void dropsAndCountsWhatFindsNoRoomAndTakesAgainWhenThereIsSome() {
        queue.add(span(0));
        queue.add(span(1));
        assertThat(queue.droppedCount()).isZero();
        queue.add(span(2));
        assertThat(queue.droppedCount()).isEqualTo(1);
        assertThat(queue.take(1)).extracting(BrokerSpan::offset).containsExactly(0L);
        queue.add(span(3));
        queue.add(span(4));
        assertThat(queue.droppedCount()).isEqualTo(2);
        assertThat(queue.take(10)).extracting(BrokerSpan::offset).containsExactly(1L, 3L);
        assertThat(queue.take(10)).isEmpty();
    }
}
