package dev.millrace.client;

/**
 * A message's key or value is not what its codec expects. With {@link FailurePolicy#retryThenDeadLetter} the message
 * becomes a dead letter at once, with the reason {@code deserialization}.
 */
public class UndecodableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UndecodableException(ReceivedMessage message, RuntimeException cause) {
        super("cannot decode " + message + ": " + cause.getMessage(), cause);
    }
}
