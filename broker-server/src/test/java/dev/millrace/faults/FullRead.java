package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import dev.millrace.client.TopicInfo;
import dev.millrace.history.Drain;
import dev.millrace.history.History;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads a whole topic from its start to its end. */
final class FullRead {
    private static final Duration SILENCE_MAX = Duration.ofSeconds(30);

    private final MillraceClient client;
    private final String topic;

    FullRead(MillraceClient client, String topic) {
        this.client = client;
        this.topic = topic;
    }

    /** Reads, and judges the history by what was there. */
    void into(History history) {
        List<History.EndQuery> queries = new ArrayList<>();
        TopicInfo before = client.admin().describeTopic(topic);
        before.partitions().forEach(partition -> queries.add(history.askEnd(partition.partition())));
        TopicInfo described = client.admin().describeTopic(topic);
        Drain drain = history.drain();
        long expected = 0;
        for (TopicInfo.Partition partition : described.partitions()) {
            queries.get(partition.partition()).answered(partition.endOffset());
            drain.starts(partition.partition(), partition.startOffset());
            expected += partition.endOffset() - partition.startOffset();
        }
        read(drain, expected);
        described.partitions().forEach(partition -> drain.ends(partition.partition(), partition.endOffset()));
        drain.check();
    }

    private void read(Drain drain, long expected) {
        long count = 0;
        try (Consumer consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            while (count < expected) {
                List<ReceivedMessage> polled = consumer.poll(SILENCE_MAX);
                assertThat(polled).as("read %d of %d", count, expected).isNotEmpty();
                for (ReceivedMessage message : polled) {
                    drain.read(message.partition(), message.offset(), message.key(), message.value());
                }
                count += polled.size();
            }
        }
    }
}
