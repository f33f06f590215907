package dev.millrace.core.stream;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;

/**
 * A client's state of a stream; never the truth, which is the events.
 *
 * @param version of the last event in it
 * @param schema names its form
 */
public record Snapshot(long version, String schema, long takenMs, byte[] state) {
    byte[] encode() {
        return new FieldWriter(state.length + 64)
                .writeLong(version)
                .writeString(schema)
                .writeLong(takenMs)
                .writeBytes(ByteBuffer.wrap(state))
                .toByteArray();
    }

    static Snapshot decode(byte[] row) {
        FieldReader in = new FieldReader(row);
        long version = in.readLong();
        String schema = in.readString();
        long takenMs = in.readLong();
        ByteBuffer view = in.readBytes();
        byte[] state = new byte[view.remaining()];
        view.get(state);
        return new Snapshot(version, schema, takenMs, state);
    }
}
