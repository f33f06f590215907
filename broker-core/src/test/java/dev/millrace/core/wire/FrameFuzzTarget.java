package dev.millrace.core.wire;

import java.nio.ByteBuffer;

/**
 * What must hold for any bytes that a peer sends: they are refused in one of two known ways, or they are a frame that
 * survives being written and read again. Has the form that Jazzer looks for.
 */
public final class FrameFuzzTarget {
    private FrameFuzzTarget() {}

    /** @param body a frame after its length field */
    public static void fuzzerTestOneInput(byte[] body) {
        FrameCodec.Envelope envelope;
        try {
            envelope = FrameCodec.decode(ByteBuffer.wrap(body));
        } catch (MalformedFrameException | UnknownFrameException refused) {
            return;
        }
        ByteBuffer written = FrameCodec.encode(envelope.requestId(), envelope.frame());
        FrameCodec.Envelope again = FrameCodec.decode(written.position(FrameCodec.LENGTH_BYTES));
        // Frames of streams hold arrays, which are equal by their bytes.
        boolean same = again.requestId() == envelope.requestId()
                && FrameCodec.encode(again.requestId(), again.frame()).equals(written.rewind());
        if (!same) {
            throw new AssertionError(envelope + " was read again as " + again);
        }
    }
}
