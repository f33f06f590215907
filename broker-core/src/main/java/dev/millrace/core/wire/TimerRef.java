package dev.millrace.core.wire;

import java.util.UUID;

/**
 * Names a pending timer: by its key in the topic, or by the place that the broker gave it.
 *
 * @param key null to name it by {@code dueMs} and {@code sequence}
 */
public record TimerRef(UUID topicId, String key, long dueMs, long sequence) {
    public static TimerRef read(FieldReader in) {
        return new TimerRef(in.readUuid(), in.readString(), in.readLong(), in.readLong());
    }

    public static void writeTo(FieldWriter out, TimerRef value) {
        out.writeUuid(value.topicId)
                .writeString(value.key)
                .writeLong(value.dueMs)
                .writeLong(value.sequence);
    }
}
