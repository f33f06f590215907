package dev.millrace.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** All messages of a topic, as they are when nobody publishes any more. */
record StoredTopic(MillraceClient client) {
    private static final Duration SILENCE_MAX = Duration.ofSeconds(30);

    List<ReceivedMessage> read(String topic) {
        long count = client.admin().describeTopic(topic).messages();
        List<ReceivedMessage> messages = new ArrayList<>();
        try (Consumer consumer =
                client.consumer().topics(topic).from(StartFrom.earliest()).open()) {
            while (messages.size() < count) {
                List<ReceivedMessage> polled = consumer.poll(SILENCE_MAX);
                assertThat(polled)
                        .as("read %d of %d of %s", messages.size(), count, topic)
                        .isNotEmpty();
                messages.addAll(polled);
            }
        }
        return messages;
    }
}
