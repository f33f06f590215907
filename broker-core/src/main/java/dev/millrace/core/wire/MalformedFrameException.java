package dev.millrace.core.wire;

/** The bytes are not what the format asks for. Has no stack trace: it is an answer to a peer, not a bug. */
public final class MalformedFrameException extends RuntimeException {
    public MalformedFrameException(String message) {
        super(message, null, false, false);
    }
}
