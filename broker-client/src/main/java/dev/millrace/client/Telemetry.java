package dev.millrace.client;

import dev.millrace.core.record.RecordHeader;
import java.time.Instant;
import java.util.List;

/**
 * Is told what a client does with messages, to make spans of it; given to a client by {@link ClientBuilder#telemetry}. The one
 * for OpenTelemetry is {@code dev.millrace.client.otel.OpenTelemetryTracing}; others may be written.
 *
 * <p>Thread: any, those of the application and of the client; so no method may wait. What a method throws changes nothing for
 * the messages and is told in the log once.
 */
public interface Telemetry {
    /** Makes one for each client. */
    @FunctionalInterface
    interface Factory {
        Telemetry open(Client client);
    }

    /**
     * A client.
     *
     * @param id see {@link ClientBuilder#clientId}; may be empty
     * @param serverAddress the host that it was told to connect to
     */
    record Client(String id, String serverAddress, int serverPort) {}

    /**
     * What is about to be published by one call: a message, or events that are appended together.
     *
     * @param messages of each the headers that the application gave it
     * @param cause the headers of the message that the thread handles; none where it handles none
     */
    record Outgoing(String topic, List<List<RecordHeader>> messages, List<RecordHeader> cause) {}

    /** A publish that is under way. One of the two ends is told, once. */
    interface Publishing {
        /** What to add to messages that bring no {@code traceparent} of their own; may be none. */
        List<RecordHeader> headers();

        /** @param receipt of the first message; its offset is -1 where it has none yet */
        void succeeded(Receipt receipt);

        void failed(Throwable cause);
    }

    Publishing publish(Outgoing outgoing);

    /** What ties a message to the work that goes on in this thread now; may be none. */
    List<RecordHeader> current();

    /**
     * The application polled, and was given messages: one or more.
     *
     * @param group null for a consumer without one
     * @param since when it began to wait for them
     */
    void received(List<ReceivedMessage> messages, String group, Instant since);

    /**
     * Runs a handler, or what the application does by {@link MessageContext#run} with a message that the client handed out.
     *
     * @param group the group's or projection's name; null for none
     * @param work to be run once, in this thread; what it throws is to be thrown on
     */
    void process(ReceivedMessage message, String group, MessageContext.Work work) throws Exception;
}
