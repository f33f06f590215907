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

    /**
     * In an entry: base sequence and record count in one, base offset, append time. In one array, because each commit
     * looks at those of all partitions that it touches: an object for each was a cache miss for each.
     */
    private static final int ENTRY_LONGS = 3;

    private final byte[] key;
    private final short epoch;
    /** Oldest first. */
    private final long[] entries = new long[RETAINED_BATCHES * ENTRY_LONGS];

    private int count;
    private boolean changed;

    /** Where and when a batch went. */
    public record Appended(int recordCount, long baseOffset, long appendTimeMs) {}

    /** @param key of its row */
    ProducerState(byte[] key, short epoch) {
        this.key = key;
        this.epoch = epoch;
    }

    byte[] key() {
        return key;
    }

    short epoch() {
        return epoch;
    }

    private static long sequenceAndCount(int baseSequence, int recordCount) {
        return (long) baseSequence << Integer.SIZE | recordCount;
    }

    /** Sequences count records from 0 to 2^31-1 and then start again at 0. */
    int nextSequence() {
        long last = entries[(count - 1) * ENTRY_LONGS];
        return ((int) (last >>> Integer.SIZE) + (int) last) & Integer.MAX_VALUE;
    }

    long lastAppendMs() {
        return entries[count * ENTRY_LONGS - 1];
    }

    /** Where the retained batch with this sequence and size went, or null. */
    Appended find(int baseSequence, int recordCount) {
        long wanted = sequenceAndCount(baseSequence, recordCount);
        for (int at = 0; at < count * ENTRY_LONGS; at += ENTRY_LONGS) {
            if (entries[at] == wanted) {
                return new Appended(recordCount, entries[at + 1], entries[at + 2]);
            }
        }
        return null;
    }

    /** Returns true where it was unchanged before. */
    boolean add(int baseSequence, Appended appended) {
        if (count == RETAINED_BATCHES) {
            System.arraycopy(entries, ENTRY_LONGS, entries, 0, (RETAINED_BATCHES - 1) * ENTRY_LONGS);
            count--;
        }
        int at = count++ * ENTRY_LONGS;
        entries[at] = sequenceAndCount(baseSequence, appended.recordCount());
        entries[at + 1] = appended.baseOffset();
        entries[at + 2] = appended.appendTimeMs();
        boolean first = !changed;
        changed = true;
        return first;
    }

    /** Whether it was changed since the last call: its row is written now, or not wanted any more. */
    boolean takeChanged() {
        boolean was = changed;
        changed = false;
        return was;
    }

    byte[] encode() {
        ByteBuffer out = ByteBuffer.allocate(4 + count * ENTRY_BYTES);
        out.put(ROW_VERSION).putShort(epoch).put((byte) count);
        for (int i = 0; i < count * ENTRY_LONGS; i++) {
            out.putLong(entries[i]);
        }
        return out.array();
    }

    static ProducerState decode(byte[] key, byte[] row) {
        ByteBuffer in = ByteBuffer.wrap(row);
        byte version = in.get();
        if (version != ROW_VERSION) {
            throw new IllegalStateException(
                    "producer row of version " + version + ", this version reads " + ROW_VERSION);
        }
        ProducerState state = new ProducerState(key, in.getShort());
        int count = in.get();
        for (int i = 0; i < count; i++) {
            int baseSequence = in.getInt();
            state.add(baseSequence, new Appended(in.getInt(), in.getLong(), in.getLong()));
        }
        state.changed = false;
        return state;
    }
}
