package dev.millrace.server.cli;

/** Ends a command with exit code 1 and a message for a person: what happened (values). why. what to do. */
public final class CommandFailure extends RuntimeException {
    public CommandFailure(String message) {
        this(message, null);
    }

    public CommandFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
