package dev.millrace.client;

import dev.millrace.client.internal.CurrentMessage;

/**
 * Ties what is published to the message that made it happen. Handlers need nothing of this: the client does it around each
 * call. It is for code that takes messages by hand, and for work that a handler gives to another thread.
 *
 * <pre>{@code
 * for (ReceivedMessage message : consumer.poll(timeout)) {
 *     MessageContext.run(message, () -> producer.publish(Message.to("invoices").value("…")));
 * }
 * }</pre>
 *
 * <p>What is published by the same thread meanwhile, by a producer, in a transaction or into a stream, gets these headers
 * unless it has them:
 *
 * <table>
 * <caption>Headers</caption>
 * <tr><td>{@code $correlation}</td><td>the message's, else its id</td></tr>
 * <tr><td>{@code $causation}</td><td>the message's {@linkplain ReceivedMessage#id() id}</td></tr>
 * <tr><td>{@code traceparent}</td><td>the message's trace with a span id of its own; none where the message has none, or a
 *     malformed one</td></tr>
 * <tr><td>{@code tracestate} {@code baggage}</td><td>the message's</td></tr>
 * </table>
 */
public final class MessageContext {
    private MessageContext() {}

    /** What is done while a message is the current one. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }

    /**
     * Does the work as the handling of this message; the one that was current before is so again afterwards.
     *
     * <p>Where a client with {@link ClientBuilder#telemetry} handed the message out, by a poll or to a handler, telemetry
     * hears of it as of a handler's call: with OpenTelemetry that is a span {@code process}. In the handling of the same
     * message it makes no further one.
     *
     * @throws Exception what the work throws
     */
    public static void run(ReceivedMessage message, Work work) throws Exception {
        CurrentMessage.runByHand(message, work);
    }

    /** As {@link #run(ReceivedMessage, Work)}, for an event. */
    public static void run(StoredEvent event, Work work) throws Exception {
        CurrentMessage.runByHand(event, work);
    }
}
