package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Subscription;
import java.time.Duration;
import java.util.List;

/** A consumer without a group: nothing is committed, so nobody asks what is finished. */
record PlainSource(NativeConsumer consumer) implements MessageSource {
    @Override
    public Subscription subscription() {
        return consumer;
    }

    @Override
    public List<ReceivedMessage> poll(Duration timeout, int countMax) {
        return consumer.poll(timeout, countMax);
    }

    @Override
    public void wakeUp() {
        consumer.wakeUp();
    }

    @Override
    public void follow(Progress progress) {
        // Positions without commits.
    }

    @Override
    public void close() {
        consumer.close();
    }
}
