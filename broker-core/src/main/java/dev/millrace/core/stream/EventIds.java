package dev.millrace.core.stream;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * The ids of events that were appended lately, so that one that comes again is recognised. Exact inside the window, across
 * crashes: the rows are written with the events. They lie in buckets of time, which are dropped as a whole. Thread: shard.
 */
final class EventIds {
    private static final long BUCKET_MS = 7 * 86_400_000L;

    private final Store store;
    /** Of the present commit: not in the store yet. */
    private final Map<Slot, Known> changed = new HashMap<>();
    /** The oldest bucket of each partition that may hold rows. */
    private final Map<Integer, Integer> firstBuckets = new HashMap<>();

    private record Slot(int partitionId, UUID id) {}

    /**
     * An event that was appended before.
     *
     * @param believedMs when it was appended, by what the broker believes of its clock
     * @param fingerprint of what it said
     */
    record Known(long appendMs, long believedMs, long offset, long version, long streamId, long fingerprint) {
        byte[] encode() {
            return ByteBuffer.allocate(48)
                    .putLong(appendMs)
                    .putLong(believedMs)
                    .putLong(offset)
                    .putLong(version)
                    .putLong(streamId)
                    .putLong(fingerprint)
                    .array();
        }

        static Known decode(byte[] row) {
            ByteBuffer in = ByteBuffer.wrap(row);
            return new Known(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
        }
    }

    EventIds(Store store) {
        this.store = store;
    }

    /** The event with this id if it was appended inside the window, by the time that is believed; or null. */
    Known find(int partitionId, UUID id, long dueMs, long windowMs) {
        Known known = changed.get(new Slot(partitionId, id));
        int oldest = Math.max(firstBucket(partitionId, dueMs), bucketOf(dueMs - windowMs));
        for (int bucket = bucketOf(dueMs); known == null && bucket >= oldest; bucket--) {
            byte[] row = store.get(Table.EVENT_ID, StreamRows.id(partitionId, bucket, id));
            known = row == null ? null : Known.decode(row);
        }
        return known != null && known.believedMs > dueMs - windowMs ? known : null;
    }

    void add(int partitionId, UUID id, Known event, WriteSink sink) {
        int bucket = bucketOf(event.believedMs);
        changed.put(new Slot(partitionId, id), event);
        firstBuckets.merge(partitionId, bucket, Math::min);
        sink.put(Table.EVENT_ID, StreamRows.id(partitionId, bucket, id), event.encode());
    }

    void endBatch() {
        changed.clear();
    }

    /** Drops the buckets that no window reaches any more; where that cannot be read, they stay until it can. */
    void expire(int partitionId, long dueMs, long windowMs, WriteSink sink) {
        int kept = bucketOf(dueMs - windowMs);
        int first;
        try {
            first = firstBucket(partitionId, dueMs);
        } catch (StoreException damaged) {
            return;
        }
        if (first < kept) {
            sink.deleteRange(
                    Table.EVENT_ID, StreamRows.idBucket(partitionId, 0), StreamRows.idBucket(partitionId, kept));
            firstBuckets.put(partitionId, kept);
        }
    }

    void dropPartition(int partitionId) {
        firstBuckets.remove(partitionId);
        changed.keySet().removeIf(slot -> slot.partitionId == partitionId);
    }

    private int firstBucket(int partitionId, long dueMs) {
        return firstBuckets.computeIfAbsent(partitionId, id -> {
            int[] first = {bucketOf(dueMs)};
            byte[] from = StreamRows.partition(id);
            store.scan(Table.EVENT_ID, from, StreamRows.after(from), (key, value) -> {
                first[0] = ByteBuffer.wrap(key).getInt(4);
                return false;
            });
            return first[0];
        });
    }

    private static int bucketOf(long timeMs) {
        return (int) Math.max(0, timeMs / BUCKET_MS);
    }
}
