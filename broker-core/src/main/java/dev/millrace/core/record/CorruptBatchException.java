package dev.millrace.core.record;

/** Says what is wrong in a batch, and with which values. The bytes are not to be used. */
public final class CorruptBatchException extends RuntimeException {
    public CorruptBatchException(String message) {
        super(message);
    }

    public CorruptBatchException(String message, Throwable cause) {
        super(message, cause);
    }
}
