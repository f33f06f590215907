package dev.millrace.core.wire;

/** A frame of a type that this version does not know; the connection can go on. */
public final class UnknownFrameException extends RuntimeException {
    private final int requestId;

    public UnknownFrameException(int requestId, int typeId) {
        super(String.format("frame type 0x%02x is unknown", typeId), null, false, false);
        this.requestId = requestId;
    }

    public int requestId() {
        return requestId;
    }
}
