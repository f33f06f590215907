package dev.millrace.client.internal;

import dev.millrace.client.MessageContext;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.core.record.RecordHeader;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * The headers of a message as a client with telemetry hands it out: a list like any other, which remembers whom to tell when
 * the message is handled. {@link MessageContext} has nothing but the message to go by. Thread: any.
 */
final class PolledHeaders extends AbstractList<RecordHeader> implements RandomAccess {
    private final List<RecordHeader> headers;
    private final Inbound inbound;

    PolledHeaders(List<RecordHeader> headers, Inbound inbound) {
        this.headers = headers;
        this.inbound = inbound;
    }

    /** The work, told to telemetry where the message came by a client that has one. */
    static MessageContext.Work traced(ReceivedMessage message, MessageContext.Work work) {
        return message.headers() instanceof PolledHeaders polled
                ? () -> polled.inbound.telemetry().process(message, polled.inbound.group(), work)
                : work;
    }

    @Override
    public RecordHeader get(int index) {
        return headers.get(index);
    }

    @Override
    public int size() {
        return headers.size();
    }
}
