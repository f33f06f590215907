package dev.millrace.core.wire;

import java.nio.ByteBuffer;

/** One message of the native protocol, without its envelope; see {@link FrameCodec}. */
public interface Frame {
    ByteBuffer NO_PAYLOAD = ByteBuffer.allocate(0).asReadOnlyBuffer();

    FrameType type();

    /** Writes the fields before the payload. */
    void write(FieldWriter out);

    /** Record batches that follow the fields verbatim up to the frame's end, so that they are never copied to be sent. */
    default ByteBuffer payload() {
        return NO_PAYLOAD;
    }
}
