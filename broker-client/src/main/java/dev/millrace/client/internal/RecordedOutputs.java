package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.Expected;
import dev.millrace.client.Message;
import dev.millrace.client.ProjectionBuilder.Outputs;
import dev.millrace.client.Telemetry;
import dev.millrace.client.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What a handler wants done, kept until it can be put into a transaction. Thread: one at a time. */
final class RecordedOutputs implements Outputs {
    private final Telemetry telemetry;
    private final List<Consumer<Transaction>> calls = new ArrayList<>();

    /** @param telemetry null for none */
    RecordedOutputs(Telemetry telemetry) {
        this.telemetry = telemetry;
    }

    @Override
    public Outputs publish(Message message) {
        // Now: another thread commits, which handles no message.
        Message advanced =
                CurrentMessage.advance(telemetry == null ? message : Outbound.with(message, telemetry.current()));
        calls.add(transaction -> transaction.publish(advanced));
        return this;
    }

    @Override
    public Outputs append(String topic, String key, Expected expected, Event... events) {
        Event[] advanced = Stream.of(events)
                .map(event -> telemetry == null ? event : Outbound.with(event, telemetry.current()))
                .map(CurrentMessage::advance)
                .toArray(Event[]::new);
        calls.add(transaction -> transaction.append(topic, key, expected, advanced));
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
