package dev.millrace.core.producer;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntToLongFunction;

/**
 * Which ids were published to each partition and when, so that a record whose id comes again within its topic's window is
 * not appended twice. Thread: shard. Durable: in the commit of the records.
 *
 * <p>Rows in PUBLISHED_ID: {@code partition u32, day u32, id} → {@code offset u64, append time u64}. The day is that of the
 * append; whole days are dropped when they are past the window. Nothing but the ids of the commit under way is in memory.
 */
public final class PublishedIds {
    public static final int ID_BYTES_MAX = 256;

    private static final long DAY_MS = 86_400_000L;
    /** Rows that one {@link #expire} drops, so that no commit grows without limit; the rest follows with the next. */
    private static final int DROP_COUNT_MAX = 20_000;

    private static final byte[] AFTER_ALL = {-1, -1, -1, -1, -1};

    private final Map<Key, Entry> underWay = new HashMap<>();
    private final TreeSet<Integer> partitions = new TreeSet<>();
    private Store store;

    /** Where a record with an id lies. */
    public record Entry(long offset, long appendMs) {}

    private record Key(int partitionId, String id) {}

    /** Called once before anything else; looks which partitions have ids. */
    public void load(Store opened) {
        store = opened;
        long next = 0;
        while (next >= 0 && next <= 0xffff_ffffL) {
            int[] found = {-1};
            store.scan(Table.PUBLISHED_ID, partitionKey((int) next), AFTER_ALL, (key, value) -> {
                found[0] = ByteBuffer.wrap(key).getInt();
                return false;
            });
            if (found[0] == -1) {
                return;
            }
            partitions.add(found[0]);
            next = Integer.toUnsignedLong(found[0]) + 1;
        }
    }

    /** The record with this id that was appended within the window, or null. */
    public Entry find(int partitionId, String id, long nowMs, long windowMs) {
        Entry entry = underWay.get(new Key(partitionId, id));
        if (entry != null || !partitions.contains(partitionId)) {
            return entry;
        }
        long oldestMs = nowMs - windowMs;
        // A clock that was set back leaves rows of tomorrow.
        for (long day = dayOf(nowMs) + 1; day >= dayOf(oldestMs) && entry == null; day--) {
            byte[] row = store.get(Table.PUBLISHED_ID, key(partitionId, day, id));
            if (row != null) {
                ByteBuffer in = ByteBuffer.wrap(row);
                entry = new Entry(in.getLong(), in.getLong());
            }
        }
        return entry != null && entry.appendMs > oldestMs ? entry : null;
    }

    /** Remembers an appended record. */
    public void appended(int partitionId, String id, Entry entry, WriteSink sink) {
        partitions.add(partitionId);
        underWay.put(new Key(partitionId, id), entry);
        sink.put(
                Table.PUBLISHED_ID,
                key(partitionId, dayOf(entry.appendMs), id),
                ByteBuffer.allocate(16)
                        .putLong(entry.offset)
                        .putLong(entry.appendMs)
                        .array());
    }

    /** From here on the store answers for what was under way. */
    public void endBatch() {
        underWay.clear();
    }

    /**
     * Drops ids of days that are past the window, and those of partitions that are gone.
     *
     * @param windowMs of the partition's topic, negative where there is none
     */
    public void expire(long dueMs, IntToLongFunction windowMs, WriteSink sink) {
        int left = DROP_COUNT_MAX;
        for (int partitionId : new ArrayList<>(partitions)) {
            long window = windowMs.applyAsLong(partitionId);
            // A day's last id leaves the window a day after its first.
            long keptFromDay = window < 0 ? Long.MAX_VALUE : dayOf(dueMs - window);
            List<byte[]> old = oldRows(partitionId, keptFromDay, left);
            old.forEach(row -> sink.delete(Table.PUBLISHED_ID, row));
            left -= old.size();
            if (window < 0 && left > 0) {
                partitions.remove(partitionId);
            }
            if (left <= 0) {
                return;
            }
        }
    }

    private List<byte[]> oldRows(int partitionId, long beforeDay, int countMax) {
        List<byte[]> rows = new ArrayList<>();
        byte[] from = key(partitionId, 0, "");
        byte[] to = key(partitionId, Math.min(beforeDay, 0xffff_ffffL), "");
        store.scan(Table.PUBLISHED_ID, from, to, (key, value) -> {
            rows.add(key);
            return rows.size() < countMax;
        });
        return rows;
    }

    private static long dayOf(long timeMs) {
        return Math.max(0, Math.floorDiv(timeMs, DAY_MS));
    }

    private static byte[] partitionKey(int partitionId) {
        return ByteBuffer.allocate(4).putInt(partitionId).array();
    }

    private static byte[] key(int partitionId, long day, String id) {
        byte[] name = id.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + name.length)
                .putInt(partitionId)
                .putInt((int) day)
                .put(name)
                .array();
    }
}
