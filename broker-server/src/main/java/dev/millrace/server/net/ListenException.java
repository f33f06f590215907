package dev.millrace.server.net;

/** A listener could not open its address; the message names address, cause and remedy for a person. */
public final class ListenException extends RuntimeException {
    ListenException(String message, Throwable cause) {
        super(message, cause, false, false);
    }
}
