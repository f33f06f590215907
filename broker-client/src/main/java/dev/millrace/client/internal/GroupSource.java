package dev.millrace.client.internal;

import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.Subscription;
import java.time.Duration;
import java.util.List;

/** A group member that commits what handlers have finished. */
record GroupSource(NativeGroupConsumer consumer) implements MessageSource {
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
        consumer.follow(progress);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
