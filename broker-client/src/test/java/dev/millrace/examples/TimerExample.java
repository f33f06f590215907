package dev.millrace.examples;

import dev.millrace.client.Message;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Producer;
import java.time.Duration;
import java.time.Instant;

/** Lets an order time out, unless it is paid. */
public final class TimerExample {
    public static boolean run(
            MillraceClient client, Producer producer, String topic, String order, Duration timeout, Instant reminder) {
        // The order came in: if nothing happens, it times out.
        producer.publish(
                Message.to(topic).key(order).value("timed out").delay(timeout).timerKey(order));
        // A reminder at a fixed time. Where one waits with this key already, this takes its place.
        producer.publish(
                Message.to(topic).key(order).value("remind").deliverAt(reminder).timerKey("remind-" + order));
        // It was paid: neither is needed any more. False where it was delivered already.
        boolean inTime = client.timers().cancel(topic, order);
        client.timers().cancel(topic, "remind-" + order);
        return inTime;
    }
}
