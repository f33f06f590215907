package dev.millrace.client;

/**
 * Thrown by a handler that will never accept this message, however often it is tried: with {@link
 * FailurePolicy#retryThenDeadLetter} the message becomes a dead letter at once, with the reason {@code rejected}.
 */
public class RejectedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RejectedException(String message) {
        super(message);
    }

    public RejectedException(String message, Throwable cause) {
        super(message, cause);
    }
}
