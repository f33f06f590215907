package dev.millrace.examples;

import dev.millrace.client.Consumer;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StartFrom;
import java.time.Duration;

/** Reads all that a topic holds, without a group. */
public final class SubscribeExample {
    public static int run(String server, String topic) {
        int count = 0;
        try (MillraceClient client = MillraceClient.connect(server);
                Consumer consumer = client.consumer()
                        .topics(topic)
                        .from(StartFrom.earliest()) // or latest(), offset(4711), time(instant),
                        // ago(Duration.ofHours(1))
                        .open()) {
            while (!consumer.caughtUp()) {
                for (var message : consumer.poll(Duration.ofMillis(100))) {
                    System.out.println(message + " " + message.keyText() + " " + message.valueText());
                    count++;
                }
            }
        }
        return count;
    }
}
