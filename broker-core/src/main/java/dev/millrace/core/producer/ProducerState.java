package dev.millrace.core.producer;

import java.nio.ByteBuffer;

/**
 * The last batches of one producer in one partition. Thread: shard.
 *
 * <p>Five, because a producer may have five batches in flight to a partition, as Kafka's clients do: after a lost
 * connection any of them may come again. Row: version u8, epoch u16, count u8, then for each batch, oldest first: base
 * sequence u32, record count u32, base offset u64, append time u64.
 */
public final class ProducerState {
    /** Batches that a producer may have in flight to one partition. */
    public static final int RETAINED_BATCHES = 5;

    private static final byte ROW_VERSION = 1;
    private static final int ENTRY_BYTES = 24;

    private final short epoch;
    private final Entry[] ring = new Entry[RETAINED_BATCHES];
    private int count;

    record Entry(int baseSequence, int recordCount, long baseOffset, long appendTimeMs) {}

    /** Where and when a batch went. */
    public record Appended(int recordCount, long baseOffset, long appendTimeMs) {}

    ProducerState(short epoch) {
        this.epoch = epoch;
    }

    short epoch() {
        return epoch;
    }

    /** Sequences count records from 0 to 2^31-1 and then start again at 0. */
    int nextSequence() {
        Entry last = ring[count - 1];
        return (last.baseSequence + last.recordCount) & Integer.MAX_VALUE;
    }

    long lastAppendMs() {
        return ring[count - 1].appendTimeMs;
    }

    /** The retained batch with this sequence and size, or null. */
    Entry find(int baseSequence, int recordCount) {
        for (int i = 0; i < count; i++) {
            if (ring[i].baseSequence == baseSequence && ring[i].recordCount == recordCount) {
                return ring[i];
            }
        }
        return null;
    }

    void add(int baseSequence, Appended appended) {
        if (count == RETAINED_BATCHES) {
            System.arraycopy(ring, 1, ring, 0, RETAINED_BATCHES - 1);
            count--;
        }
        ring[count++] = new Entry(baseSequence, appended.recordCount(), appended.baseOffset(), appended.appendTimeMs());
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(4 + count * ENTRY_BYTES);
        out.put(ROW_VERSION).putShort(epoch).put((byte) count);
        for (int i = 0; i < count; i++) {
            out.putInt(ring[i].baseSequence).putInt(ring[i].recordCount);
            out.putLong(ring[i].baseOffset).putLong(ring[i].appendTimeMs);
        }
        return out.array();
    }

    static ProducerState decode(byte[] row) {
        ByteBuffer in = ByteBuffer.wrap(row);
        byte version = in.get();
        if (version != ROW_VERSION) {
            throw new IllegalStateException(
                    "producer row of version " + version + ", this version reads " + ROW_VERSION);
        }
        ProducerState state = new ProducerState(in.getShort());
        int count = in.get();
        for (int i = 0; i < count; i++) {
            int baseSequence = in.getInt();
            state.add(baseSequence, new Appended(in.getInt(), in.getLong(), in.getLong()));
        }
        return state;
    }
}
