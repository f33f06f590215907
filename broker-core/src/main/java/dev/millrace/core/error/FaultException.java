package dev.millrace.core.error;

/** Carries a {@link Fault} and the actual values to whoever answers the caller. Has no stack trace: it is an answer, not a bug. */
public final class FaultException extends RuntimeException {
    private final transient Fault fault;

    public FaultException(Fault fault, String detail) {
        this(fault, detail, null);
    }

    public FaultException(Fault fault, String detail, Throwable cause) {
        super(detail, cause, false, false);
        this.fault = fault;
    }

    public Fault fault() {
        return fault;
    }

    /** What happened, with the values involved; the remedy is {@code fault().remedy()}. */
    public String detail() {
        return getMessage();
    }
}
