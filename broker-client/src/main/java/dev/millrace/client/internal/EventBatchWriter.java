package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.EventStreams.Addressed;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Writes events as a record batch. Thread: the caller's, whose current message they follow from. */
final class EventBatchWriter {
    private EventBatchWriter() {}

    /** Empty for no events. */
    static ByteBuffer write(List<Addressed> events) {
        if (events.isEmpty()) {
            return ByteBuffer.allocate(0);
        }
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 1024);
        long nowMs = System.currentTimeMillis();
        for (Addressed addressed : events) {
            Event event = CurrentMessage.advance(addressed.event());
            builder.append(
                    event.timestampMs() < 0 ? nowMs : event.timestampMs(),
                    addressed.key(),
                    event.value(),
                    headers(event));
        }
        return builder.build();
    }

    private static List<RecordHeader> headers(Event event) {
        List<RecordHeader> headers = new ArrayList<>(3 + event.headers().size());
        headers.add(EventHeaders.id(event.id()));
        if (event.type() != null) {
            headers.add(EventHeaders.type(event.type()));
        }
        if (!event.tags().isEmpty()) {
            headers.add(EventHeaders.tags(event.tags()));
        }
        headers.addAll(event.headers());
        return headers;
    }
}
