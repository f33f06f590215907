package dev.millrace.client.internal;

import dev.millrace.client.MessageContext;
import dev.millrace.client.MessageHandler;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.client.Telemetry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tells telemetry of messages that come in, and ties what is published meanwhile to them. Thread: any.
 *
 * @param telemetry null for none
 * @param group the group's or projection's name; null for none
 */
record Inbound(Telemetry telemetry, String group) {
    /** The handler itself where there is no telemetry: whoever runs it makes the message the current one. */
    MessageHandler traced(MessageHandler handler) {
        return telemetry == null
                ? handler
                : message -> telemetry.process(message, group, () -> handler.handle(handedOut(message)));
    }

    /** Does the work as the handling of a message. Fails: what the work throws. */
    void run(ReceivedMessage message, MessageContext.Work work) throws Exception {
        CurrentMessage.run(message, telemetry == null ? work : () -> telemetry.process(message, group, work));
    }

    /** As {@link #run(ReceivedMessage, MessageContext.Work)}. */
    void run(StoredEvent event, MessageContext.Work work) throws Exception {
        run(event.message(), work);
    }

    /** A poll by the application. */
    List<ReceivedMessage> poll(Supplier<List<ReceivedMessage>> poll) {
        if (telemetry == null) {
            return poll.get();
        }
        Instant since = Instant.now();
        List<ReceivedMessage> messages = poll.get();
        if (messages.isEmpty()) {
            return messages;
        }
        telemetry.received(messages, group, since);
        List<ReceivedMessage> handedOut = new ArrayList<>(messages.size());
        messages.forEach(message -> handedOut.add(handedOut(message)));
        return handedOut;
    }

    /** As the application gets it: what it does with the message later, by hand or in another thread, telemetry hears, too. */
    ReceivedMessage handedOut(ReceivedMessage message) {
        return telemetry == null
                ? message
                : new ReceivedMessage(
                        message.topic(),
                        message.partition(),
                        message.offset(),
                        message.timestampMs(),
                        message.key(),
                        message.value(),
                        new PolledHeaders(message.headers(), this));
    }

    /** As {@link #handedOut(ReceivedMessage)}. */
    StoredEvent handedOut(StoredEvent event) {
        return telemetry == null
                ? event
                : new StoredEvent(
                        event.topic(),
                        event.partition(),
                        event.offset(),
                        event.key(),
                        event.version(),
                        event.timestampMs(),
                        event.value(),
                        new PolledHeaders(event.headers(), this));
    }
}
