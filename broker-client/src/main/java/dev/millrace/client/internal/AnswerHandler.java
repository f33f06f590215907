package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.core.wire.Frame;

/** Receives what a connection has for one request. Thread: loop. */
interface AnswerHandler {
    /** An answer; ERROR included. */
    void onFrame(Frame frame);

    /** Whether more frames follow the first, as for a subscription. */
    default boolean staysOpen() {
        return false;
    }

    /** The connection ended before the answer; nothing follows. */
    void onLost(MillraceException cause);
}
