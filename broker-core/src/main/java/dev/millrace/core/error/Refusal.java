package dev.millrace.core.error;

/** A refused request as a value: the result of applying a command that changes nothing. */
public record Refusal(Fault fault, String detail) {
    public static Refusal of(Fault fault, String format, Object... values) {
        return new Refusal(fault, String.format(format, values));
    }

    public FaultException toException() {
        return new FaultException(fault, detail);
    }
}
