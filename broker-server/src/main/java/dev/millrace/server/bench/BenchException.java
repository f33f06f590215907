package dev.millrace.server.bench;

/** Ends a run with a message for a person: what happened (values). why. what to do. */
public final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BenchException(String message) {
        this(message, null);
    }

    public BenchException(String message, Throwable cause) {
        super(message, cause);
    }
}
