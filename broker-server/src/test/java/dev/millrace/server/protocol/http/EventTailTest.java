package dev.millrace.server.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.core.TopicOperations.Topic;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.server.FakeBroker;
import dev.millrace.server.protocol.http.RecordJson.Draft;
import dev.millrace.server.protocol.http.RecordJson.Form;
import dev.millrace.server.protocol.http.RecordJson.Values;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A live tail by hand: the test is the client, and says when it takes more. */
class EventTailTest {
    private final FakeBroker broker = new FakeBroker();
    private final AtomicInteger ends = new AtomicInteger();
    private final StringBuilder sent = new StringBuilder();
    /** So many pieces the client takes. */
    private int takes = Integer.MAX_VALUE;

    private boolean over;
    private Topic topic;
    private EventTail tail;

    private final BodyStream.Out out = new BodyStream.Out() {
        @Override
        public void write(ByteBuf piece, Runnable afterwards) {
            sent.append(piece.toString(StandardCharsets.UTF_8));
            piece.release();
            takes--;
            afterwards.run();
        }

        @Override
        public boolean isWritable() {
            return takes > 0;
        }

        @Override
        public void end(ByteBuf last) {
            write(last);
            over = true;
        }

        @Override
        public void execute(Runnable step) {
            step.run();
        }
    };

    @BeforeEach
    void createTopic() {
        topic = broker.topics().create("orders", 2, Map.of()).join();
        tail = new EventTail(
                new EventTail.Source(
                        broker.logs(),
                        new TracedDeliveries(null),
                        "orders",
                        new Form(Values.TEXT, false),
                        Runnable::run),
                List.of(
                        new EventTail.Place(0, new TopicPartition(topic.topicId(), 0), 0),
                        new EventTail.Place(1, new TopicPartition(topic.topicId(), 1), 0)),
                ends::incrementAndGet);
    }

    @AfterEach
    void nothingStaysOpen() {
        tail.onClosed();
        assertThat(broker.slicesOpen).hasValue(0);
        assertThat(ends).hasValue(1);
        broker.close();
    }

    /** On return the tail has been told. */
    private void publish(int partition, String value) {
        TopicPartition to = new TopicPartition(topic.topicId(), partition);
        ByteBuffer batch = PublishRoutes.batch(List.of(new Draft(-1, 5, null, RecordJson.utf8(value), List.of())));
        RecordBatch.at(batch, 0).assign(broker.logs().bounds(to).endOffset(), 0);
        broker.logs().append(to, batch).join();
        // The thread that tells of appends answers this afterwards.
        broker.logs().findByTime(to, 0).join();
    }

    private String taken() {
        String text = sent.toString();
        sent.setLength(0);
        return text;
    }

    @Test
    void sendsWhatIsThereAndWhatComes() {
        publish(1, "a");
        tail.start(out);
        assertThat(taken())
                .isEqualTo(
                        "retry: 1000\nid: 0,0\n\nid: 0,1\ndata: {\"offset\":0,\"timestamp\":5,\"key\":null,\"headers\":{},"
                                + "\"value\":\"a\",\"topic\":\"orders\",\"partition\":1}\n\n");
        publish(0, "b");
        assertThat(taken()).startsWith("id: 1,1\n").contains("\"value\":\"b\"");
        tail.keepAlive();
        assertThat(taken()).isEqualTo(": keep-alive\n\n");
    }

    @Test
    void readsNothingWhileTheClientTakesNothing() {
        for (int i = 0; i < 50; i++) {
            publish(0, "x".repeat(30_000));
        }
        takes = 1;
        tail.start(out);
        taken();
        assertThat(broker.readsStarted).hasValue(0);
        for (int pieces = 1; pieces <= 3; pieces++) {
            takes = 1;
            tail.onWritable();
            assertThat(taken()).as("a slice").contains("id: ").hasSizeLessThan(200_000);
        }
        assertThat(broker.readsStarted)
                .as("three, and one of the other partition")
                .hasValueLessThanOrEqualTo(4);
        takes = Integer.MAX_VALUE;
        tail.onWritable();
        assertThat(taken()).contains("id: 50,0\n");
    }

    @Test
    void endsInAnOrderlyWayWhenTheBrokerStops() {
        tail.start(out);
        tail.stop();
        assertThat(taken()).contains("event: end\ndata: {\"reason\":\"the broker is stopping\"}\n\n");
        assertThat(over).isTrue();
        publish(0, "later");
        tail.onWritable();
        assertThat(taken()).isEmpty();
    }

    @Test
    void saysWhyItCannotGoOn() {
        tail.start(out);
        taken();
        broker.topics().delete("orders").join();
        assertThat(taken()).contains("event: problem\ndata: {", "\"code\":\"topic_not_found\"");
        assertThat(over).isTrue();
    }
}
