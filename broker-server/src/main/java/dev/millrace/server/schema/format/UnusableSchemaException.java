package dev.millrace.server.schema.format;

/** A schema cannot be used: malformed, not resolvable, over a limit. The message is for whoever wrote it. */
public final class UnusableSchemaException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnusableSchemaException(String problem) {
        super(problem, null, false, false);
    }

    UnusableSchemaException(String problem, Throwable cause) {
        super(problem, cause, false, false);
    }
}
