package dev.millrace.examples;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Producer;
import dev.millrace.client.Receipt;

/** Publishes and knows what became of it. */
public final class PublishExample {
    public static void run(String server, String topic) {
        try (MillraceClient client = MillraceClient.connect(server);
                Producer producer = client.producer().build()) {
            Receipt receipt = producer.publish(topic, "order-17", "paid"); // returns when it is on the broker's disk
            System.out.println("on disk: partition " + receipt.partition() + ", offset " + receipt.offset());

            for (int i = 0; i < 1000; i++) {
                Message message =
                        Message.to(topic).key("order-" + i).value("shipped").header("source", "example");
                producer.publishAsync(message).exceptionally(PublishExample::report);
            }
        } // closing waits for all of them
    }

    private static Receipt report(Throwable error) {
        MillraceException failure = (MillraceException) error;
        System.err.println(failure.getMessage() + (failure.outcomeUnknown() ? " (may have been written)" : ""));
        return null;
    }
}
