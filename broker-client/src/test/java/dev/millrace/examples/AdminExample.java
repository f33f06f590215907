package dev.millrace.examples;

import dev.millrace.client.Admin;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.StartFrom;
import java.time.Duration;
import java.util.Map;

/** Creates a topic, looks at it, and moves a group back by an hour. */
public final class AdminExample {
    public static void run(String server, String topic, String group) {
        try (MillraceClient client = MillraceClient.connect(server)) {
            Admin admin = client.admin();
            admin.createTopic(topic, 8, Map.of("retention", "7d"));
            for (var partition : admin.describeTopic(topic).partitions()) {
                System.out.println(
                        partition.partition() + ": " + partition.startOffset() + ".." + partition.endOffset());
            }
            for (var reset : admin.resetOffsets(group, topic, StartFrom.ago(Duration.ofHours(1)), true)) {
                System.out.println("would move " + reset.partition() + " to " + reset.after());
            }
        }
    }
}
