package dev.millrace.core.wire;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * A record that is to be appended later, as a client asks for it.
 *
 * @param atMs when it is due; -1 where {@code delayMs} says it
 * @param delayMs how long from now by the broker's clock; -1 where {@code atMs} says it
 * @param key a later timer of the topic with the same key takes its place, and it can be cancelled by it; null for none
 * @param batch one record batch of one record, not compressed
 */
public record NewTimer(UUID topicId, int partition, long atMs, long delayMs, String key, ByteBuffer batch) {
    static final int FIXED_BYTES = 64;

    public static NewTimer read(FieldReader in) {
        UUID topicId = in.readUuid();
        int partition = in.readInt();
        long atMs = in.readLong();
        long delayMs = in.readLong();
        String key = in.readString();
        ByteBuffer batch = in.readBytes();
        if (batch == null) {
            throw new MalformedFrameException("a timer without a record");
        }
        return new NewTimer(topicId, partition, atMs, delayMs, key, batch);
    }

    public static void writeTo(FieldWriter out, NewTimer value) {
        out.writeUuid(value.topicId)
                .writeInt(value.partition)
                .writeLong(value.atMs)
                .writeLong(value.delayMs);
        out.writeString(value.key).writeBytes(value.batch);
    }

    /** What it takes in memory, about. */
    public int sizeBytes() {
        return FIXED_BYTES + batch.remaining() + (key == null ? 0 : 3 * key.length());
    }
}
