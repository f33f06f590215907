package dev.millrace.examples;

import dev.millrace.client.FailurePolicy;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.RunningConsumer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Shares the work with the group's other members; what is handled is committed, and messages of one key stay in order. */
public final class GroupConsumerExample {
    public static void run(String server, String topic, MessageHandler handler, CountDownLatch stop) throws Exception {
        try (MillraceClient client = MillraceClient.connect(server);
                RunningConsumer consumer = client.group("billing")
                        .topics(topic)
                        .concurrency(8)
                        .onFailure(FailurePolicy.retry(3, Duration.ofMillis(100)))
                        .start(handler)) {
            consumer.finished().whenComplete((done, error) -> stop.countDown()); // a handler has failed for good
            stop.await();
        } // closing finishes what is being handled, commits it and leaves the group
    }
}
