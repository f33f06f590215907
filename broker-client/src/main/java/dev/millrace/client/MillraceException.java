package dev.millrace.client;

import dev.millrace.core.error.Fault;

/**
 * Why a call failed, and what may be concluded: is a retry of use, and may the write have happened?
 *
 * <p>The message says what happened and what to do.
 */
public final class MillraceException extends RuntimeException {
    private final transient Fault fault;
    private final String detail;
    private final boolean outcomeUnknown;

    public MillraceException(Fault fault, String detail) {
        this(fault, detail, fault.outcomeUnknown(), null);
    }

    public MillraceException(Fault fault, String detail, Throwable cause) {
        this(fault, detail, fault.outcomeUnknown(), cause);
    }

    /** @param outcomeUnknown whether the write may have happened, where that is known better than from the fault */
    public MillraceException(Fault fault, String detail, boolean outcomeUnknown, Throwable cause) {
        super(message(fault, detail, outcomeUnknown), cause);
        this.fault = fault;
        this.detail = detail;
        this.outcomeUnknown = outcomeUnknown;
    }

    private static String message(Fault fault, String detail, boolean outcomeUnknown) {
        String what = detail.isEmpty() || detail.endsWith(".") ? detail : detail + ".";
        if (fault.outcomeUnknown() && !outcomeUnknown) {
            return fault + ": " + what + " Nothing was written; a retry is safe.";
        }
        return fault + ": " + what + " " + fault.remedy();
    }

    public Fault fault() {
        return fault;
    }

    /** The fault's stable number, for logs and scripts. */
    public int code() {
        return fault.code();
    }

    /** What happened, with the values involved, without the remedy. */
    public String detail() {
        return detail;
    }

    /** Whether the same call may succeed later. */
    public boolean retriable() {
        return fault.retriable();
    }

    /** True where the write may have happened although the call failed. */
    public boolean outcomeUnknown() {
        return outcomeUnknown;
    }
}
