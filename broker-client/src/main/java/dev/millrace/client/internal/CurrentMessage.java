package dev.millrace.client.internal;

import dev.millrace.client.Event;
import dev.millrace.client.Message;
import dev.millrace.client.MessageContext;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.StoredEvent;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.record.TraceParent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The message that a thread handles, and the headers that what the thread publishes meanwhile gets from it. Where a thread
 * handles none, nothing changes. Thread: any, each for itself.
 */
public final class CurrentMessage {
    /** W3C Trace Context lets longer ones be dropped. */
    private static final int TRACESTATE_BYTES_MAX = 512;
    /** W3C Baggage asks for as much. */
    private static final int BAGGAGE_BYTES_MAX = 8192;

    private static final ThreadLocal<CurrentMessage> CURRENT = new ThreadLocal<>();

    private final ReceivedMessage message;
    /** Made for the first message that is published: most handlers publish none. */
    private RecordHeader causation;

    private RecordHeader correlation;
    private TraceParent parent;
    private byte[] traceState;
    private byte[] baggage;

    private CurrentMessage(ReceivedMessage message) {
        this.message = message;
    }

    /** Does the work as the handling of a message. Fails: what the work throws. */
    public static void run(ReceivedMessage message, MessageContext.Work work) throws Exception {
        CurrentMessage before = CURRENT.get();
        CURRENT.set(new CurrentMessage(message));
        try {
            work.run();
        } finally {
            if (before == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(before);
            }
        }
    }

    /**
     * As {@link #run}, by the application itself: telemetry of the client that handed the message out hears of it, unless the
     * thread is in the handling of this message already.
     */
    public static void runByHand(ReceivedMessage message, MessageContext.Work work) throws Exception {
        run(message, isCurrent(message) ? work : PolledHeaders.traced(message, work));
    }

    /** As {@link #runByHand(ReceivedMessage, MessageContext.Work)}. */
    public static void runByHand(StoredEvent event, MessageContext.Work work) throws Exception {
        runByHand(event.message(), work);
    }

    private static boolean isCurrent(ReceivedMessage message) {
        CurrentMessage current = CURRENT.get();
        return current != null
                && current.message.offset() == message.offset()
                && current.message.partition() == message.partition()
                && current.message.topic().equals(message.topic());
    }

    /** The headers of the message that this thread handles; none where it handles none. */
    static List<RecordHeader> headers() {
        CurrentMessage current = CURRENT.get();
        return current == null ? List.of() : current.message.headers();
    }

    static Message advance(Message given) {
        CurrentMessage current = CURRENT.get();
        return current == null ? given : Headers.replacedIn(given, current.follow(given.headers()));
    }

    static Event advance(Event given) {
        CurrentMessage current = CURRENT.get();
        return current == null ? given : Headers.replacedIn(given, current.follow(given.headers()));
    }

    /** What the application set stays; a trace of its own takes neither state nor baggage of this one. */
    private List<RecordHeader> follow(List<RecordHeader> given) {
        if (causation == null) {
            read();
        }
        List<RecordHeader> headers = new ArrayList<>(given);
        add(headers, EventHeaders.CORRELATION, correlation.value());
        add(headers, EventHeaders.CAUSATION, causation.value());
        if (EventHeaders.find(given, EventHeaders.TRACEPARENT) == null) {
            if (parent != null) {
                String next = parent.next(ThreadLocalRandom.current()::nextLong).toString();
                headers.add(header(EventHeaders.TRACEPARENT, next));
                add(headers, EventHeaders.TRACESTATE, traceState);
            }
            add(headers, EventHeaders.BAGGAGE, baggage);
        }
        return headers;
    }

    private void read() {
        List<RecordHeader> headers = message.headers();
        byte[] belongsTo = EventHeaders.find(headers, EventHeaders.CORRELATION);
        String id = message.id();
        causation = header(EventHeaders.CAUSATION, id);
        // The first of all that follows: its id names the rest.
        correlation = belongsTo == null
                ? header(EventHeaders.CORRELATION, id)
                : new RecordHeader(EventHeaders.CORRELATION, belongsTo);
        long parents = headers.stream()
                .filter(header -> header.key().equals(EventHeaders.TRACEPARENT))
                .count();
        parent = parents == 1 ? TraceParent.parse(message.header(EventHeaders.TRACEPARENT)) : null;
        traceState = printable(EventHeaders.find(headers, EventHeaders.TRACESTATE), TRACESTATE_BYTES_MAX);
        baggage = printable(EventHeaders.find(headers, EventHeaders.BAGGAGE), BAGGAGE_BYTES_MAX);
    }

    /** Null for what no W3C header may be. */
    private static byte[] printable(byte[] value, int bytesMax) {
        if (value == null || value.length == 0 || value.length > bytesMax) {
            return null;
        }
        for (byte b : value) {
            boolean fits = b >= ' ' && b <= '~' || b == '\t';
            if (!fits) {
                return null;
            }
        }
        return value;
    }

    private static void add(List<RecordHeader> headers, String name, byte[] value) {
        if (value != null && EventHeaders.find(headers, name) == null) {
            headers.add(new RecordHeader(name, value));
        }
    }

    private static RecordHeader header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }
}
