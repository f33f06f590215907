package dev.millrace.server.schema;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;

/**
 * How a record says which schema its value has: in front of the value, or in a header.
 *
 * <pre>
 * 0x00 │ int32 id    ║ messages ║ value        in front of the value, messages for Protobuf alone
 * 0x01 │ 16 bytes of guid ║ …
 * header __value_schema_id: the same without the value, which then is plain
 * </pre>
 *
 * Messages name a message inside a .proto file: a zigzag varint count, then the indexes from the outside in; a single 0
 * stands for the first message.
 */
final class WireForm {
    static final String HEADER = "__value_schema_id";
    private static final int NESTING_MAX = 32;
    private static final int[] FIRST = {};

    private WireForm() {}

    /** @param guid null where the schema is named by its id */
    record Named(int id, UUID guid) {}

    /** Reads a name and steps over it; null where there is none. */
    static Named read(ByteBuffer bytes) {
        if (!bytes.hasRemaining()) {
            return null;
        }
        byte magic = bytes.get(bytes.position());
        if (magic == 0 && bytes.remaining() >= 1 + Integer.BYTES) {
            bytes.get();
            return new Named(bytes.getInt(), null);
        }
        if (magic == 1 && bytes.remaining() >= 1 + 2 * Long.BYTES) {
            bytes.get();
            return new Named(0, new UUID(bytes.getLong(), bytes.getLong()));
        }
        return null;
    }

    /** Reads the indexes of a message and steps over them; null where they are malformed. */
    static int[] readMessages(ByteBuffer bytes) {
        long count = varint(bytes);
        if (count == 0) {
            return FIRST;
        }
        if (count < 0 || count > NESTING_MAX) {
            return null;
        }
        int[] indexes = new int[(int) count];
        for (int i = 0; i < count; i++) {
            long index = varint(bytes);
            if (index < 0 || index > Integer.MAX_VALUE) {
                return null;
            }
            indexes[i] = (int) index;
        }
        return Arrays.equals(indexes, new int[] {0}) ? FIRST : indexes;
    }

    /** A zigzag varint, or -1 where it is cut off or too long. */
    private static long varint(ByteBuffer bytes) {
        long raw = 0;
        for (int shift = 0; shift < 35 && bytes.hasRemaining(); shift += 7) {
            byte next = bytes.get();
            raw |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        return -1;
    }
}
