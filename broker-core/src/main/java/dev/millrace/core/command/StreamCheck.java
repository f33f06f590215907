package dev.millrace.core.command;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;

/**
 * What must hold of a stream for an append to be done.
 *
 * @param expected see {@link dev.millrace.core.wire.ExpectedVersion}
 */
public record StreamCheck(byte[] key, long expected) {
    static void writeTo(FieldWriter out, StreamCheck check) {
        out.writeBytes(java.nio.ByteBuffer.wrap(check.key)).writeLong(check.expected);
    }

    static StreamCheck read(FieldReader in) {
        return new StreamCheck(CommandFields.bytes(in), in.readLong());
    }
}
