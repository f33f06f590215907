package dev.millrace.examples;

import dev.millrace.client.GroupConsumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StartFrom;
import java.time.Duration;
import java.util.List;

/** Takes messages of a group when it is ready for them, and commits by itself. */
public final class PullGroupExample {
    public static int run(String server, String topic, int count) {
        int done = 0;
        try (MillraceClient client = MillraceClient.connect(server);
                GroupConsumer consumer = client.group("reports")
                        .topics(topic)
                        .startFrom(StartFrom.earliest()) // where the group has committed nothing yet
                        .autoCommit(false)
                        .open()) {
            while (done < count) {
                List<ReceivedMessage> messages = consumer.poll(Duration.ofSeconds(1));
                done += messages.size(); // work on them here, as a whole
                consumer.commit(); // on disk when it returns; what was not committed comes again
            }
        }
        return done;
    }
}
