package dev.millrace.core.command;

import dev.millrace.core.wire.FieldWriter;

/**
 * A change of durable state, complete in itself: times, ids and random numbers were stamped by the proposer, so applying
 * the same commands to the same state gives the same state on every machine and at every time.
 */
public interface Command {
    /** The number of this kind of command in the encoded form; never reused. */
    byte type();

    /** The version of this kind's encoded body. */
    default byte version() {
        return 1;
    }

    /** Writes the body; {@link CommandCodec} adds type and version. */
    void encode(FieldWriter out);

    /** Bytes that this command costs in memory and in a batch; used for limits, need not be exact. */
    int sizeBytes();
}
