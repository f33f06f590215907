package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.ProjectionBuilder.Outputs;
import dev.millrace.client.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What a handler wants done, kept until it can be put into a transaction. Thread: one at a time. */
final class RecordedOutputs implements Outputs {
    private final List<Consumer<Transaction>> calls = new ArrayList<>();

    @Override
    public Outputs publish(Message message) {
        calls.add(transaction -> transaction.publish(message));
        return this;
    }

    @Override
    public Outputs append(String topic, String key, Expected expected, Event... events) {
        calls.add(transaction -> transaction.append(topic, key, expected, events));
        return this;
    }

    @Override
    public Outputs cancelTimer(String topic, String timerKey) {
        calls.add(transaction -> transaction.cancelTimer(topic, timerKey));
        return this;
    }

    void addTo(Transaction transaction) {
        calls.forEach(call -> call.accept(transaction));
    }
}
