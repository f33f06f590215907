package dev.millrace.core.timer;

import dev.millrace.core.wire.FieldReader;
import dev.millrace.core.wire.FieldWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * A pending timer on disk.
 *
 * <p>In TIMER: {@code due ms u64, sequence u64} → version u8, topic id, partition u32, key (string or null), the record
 * batch. In TIMER_KEY, where it has a key: {@code topic id, key} → the key in TIMER.
 */
record TimerRow(UUID topicId, int partition, String key, ByteBuffer batch) {
    private static final byte VERSION = 1;

    byte[] encode() {
        return new FieldWriter(64 + batch.remaining())
                .writeByte(VERSION)
                .writeUuid(topicId)
                .writeInt(partition)
                .writeString(key)
                .writeBytes(batch)
                .toByteArray();
    }

    static TimerRow decode(byte[] row) {
        FieldReader in = new FieldReader(row);
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IllegalStateException("timer row of version " + version + ", this version reads " + VERSION);
        }
        return new TimerRow(in.readUuid(), in.readInt(), in.readString(), in.readBytes());
    }

    static byte[] keyOf(UUID topicId, String key) {
        byte[] text = key.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(16 + text.length)
                .putLong(topicId.getMostSignificantBits())
                .putLong(topicId.getLeastSignificantBits())
                .put(text)
                .array();
    }

    int bytes() {
        return batch.remaining();
    }
}
