package dev.millrace.client.internal;

import dev.millrace.client.AppendResult;
import dev.millrace.client.Event;
import dev.millrace.client.EventStreams.Addressed;
import dev.millrace.client.Message;
import dev.millrace.client.MillraceException;
import dev.millrace.client.Receipt;
import dev.millrace.client.Telemetry;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Tells telemetry of messages that go out, and adds the headers that it wants. Thread: any. */
record Outbound(Telemetry telemetry) {
    /** What goes out, with whom to tell how that ended. */
    record Begun<T>(T outgoing, Telemetry.Publishing publishing) {}

    Begun<Message> begin(Message given) {
        Telemetry.Publishing publishing = telemetry.publish(
                new Telemetry.Outgoing(given.topic(), List.of(given.headers()), CurrentMessage.headers()));
        try {
            return new Begun<>(with(given, publishing.headers()), publishing);
        } catch (RuntimeException refused) {
            publishing.failed(refused);
            throw refused;
        }
    }

    Begun<List<Event>> begin(String topic, List<Event> given) {
        Telemetry.Publishing publishing = telemetry.publish(new Telemetry.Outgoing(
                topic, given.stream().map(Outbound::headersOf).toList(), CurrentMessage.headers()));
        try {
            List<RecordHeader> more = publishing.headers();
            return new Begun<>(given.stream().map(event -> with(event, more)).toList(), publishing);
        } catch (RuntimeException refused) {
            publishing.failed(refused);
            throw refused;
        }
    }

    /** Appends as one publish; an expectation that does not hold is its failure. */
    AppendResult append(String topic, List<Addressed> given, Function<List<Addressed>, AppendResult> append) {
        Begun<List<Event>> begun =
                begin(topic, given.stream().map(Addressed::event).toList());
        List<Addressed> events = new ArrayList<>(given.size());
        for (int i = 0; i < given.size(); i++) {
            events.add(new Addressed(given.get(i).key(), begun.outgoing().get(i)));
        }
        AppendResult result;
        try {
            result = append.apply(events);
        } catch (RuntimeException | Error failure) {
            begun.publishing().failed(failure);
            throw failure;
        }
        tell(begun.publishing(), topic, result);
        return result;
    }

    static void tell(Telemetry.Publishing publishing, String topic, AppendResult result) {
        if (result.written()) {
            publishing.succeeded(new Receipt(
                    topic, result.partition(), result.firstOffset(), result.appendTimeMs(), result.duplicate()));
        } else {
            Fault fault = result.conditionFailed() ? Fault.CONDITION_FAILED : Fault.WRONG_EXPECTED_VERSION;
            publishing.failed(new MillraceException(fault, result.detail()));
        }
    }

    private static List<RecordHeader> headersOf(Event event) {
        List<RecordHeader> headers = new ArrayList<>(event.headers());
        headers.add(EventHeaders.id(event.id()));
        return headers;
    }

    // ---- headers

    /** What brings a trace of its own keeps it. */
    static Message with(Message given, List<RecordHeader> more) {
        return bringsItsOwn(given.headers(), more) ? given : Headers.replacedIn(given, join(given.headers(), more));
    }

    /** What brings a trace of its own keeps it. */
    static Event with(Event given, List<RecordHeader> more) {
        return bringsItsOwn(given.headers(), more) ? given : Headers.replacedIn(given, join(given.headers(), more));
    }

    private static boolean bringsItsOwn(List<RecordHeader> given, List<RecordHeader> more) {
        return more.isEmpty() || EventHeaders.find(given, EventHeaders.TRACEPARENT) != null;
    }

    private static List<RecordHeader> join(List<RecordHeader> given, List<RecordHeader> more) {
        List<RecordHeader> headers = new ArrayList<>(given);
        for (RecordHeader header : more) {
            if (EventHeaders.find(given, header.key()) == null) {
                headers.add(header);
            }
        }
        return headers;
    }
}
