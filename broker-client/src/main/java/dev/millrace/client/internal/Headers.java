package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.Message;
import dev.millrace.core.record.RecordHeader;
import java.util.List;

/** The same message, or event, with other headers. */
final class Headers {
    private Headers() {}

    static Message replacedIn(Message given, List<RecordHeader> headers) {
        return new Message(
                given.topic(),
                given.key(),
                given.value(),
                headers,
                given.timestampMs(),
                given.partition(),
                given.later());
    }

    static Event replacedIn(Event given, List<RecordHeader> headers) {
        return new Event(given.id(), given.type(), given.value(), given.tags(), headers, given.timestampMs());
    }
}
