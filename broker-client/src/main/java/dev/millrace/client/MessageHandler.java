package dev.millrace.client;

/** Handles one message; what an exception means is the consumer's {@link FailurePolicy}. */
@FunctionalInterface
public interface MessageHandler {
    void handle(ReceivedMessage message) throws Exception;
}
