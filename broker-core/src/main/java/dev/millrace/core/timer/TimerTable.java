package dev.millrace.core.timer;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.time.Stamp;
import dev.millrace.core.wire.NewTimer;
import dev.millrace.core.wire.OperationResult;
import dev.millrace.core.wire.TimerRef;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Records that wait for their time. They wait on disk: in memory are their number and the place before which none waits,
 * so that a million cost no more than one. Thread: shard, but for {@link #pendingCount}.
 *
 * <p>Rows: see {@link TimerRow}; in META {@code 'W'} → version u8, next sequence u64, pending u64.
 *
 * <p>The store shows what earlier batches wrote; what this batch changed is in the two overlays, until the next begins.
 */
public final class TimerTable {
    /** How far off a timer may be: ten years. */
    public static final long DELAY_MS_MAX = 3653L * 86_400_000;

    public static final int KEY_BYTES_MAX = 1024;
    private static final byte[] COUNTERS_KEY = {'W'};
    private static final byte COUNTERS_VERSION = 1;
    private static final int SCANNED_COUNT_MAX = 10_000;

    private final TreeMap<Place, TimerRow> changed = new TreeMap<>();
    private final Map<TopicKey, Place> changedKeys = new HashMap<>();
    private Store store;
    /** No timer waits before it. */
    private Place floor = Place.END;

    private long nextSequence;
    private volatile long pendingCount;
    private boolean countersChanged;

    private record TopicKey(UUID topicId, String key) {}

    /** A timer whose time has come. */
    public record Due(long dueMs, UUID topicId, int partition, ByteBuffer batch) {}

    /** A pending timer as {@link #list} shows it. */
    public record Pending(UUID topicId, int partition, long dueMs, long sequence, String key, int bytes) {}

    /** @param next where to go on, or null at the end */
    public record Listed(List<Pending> timers, Place next) {}

    public void load(Store store) {
        this.store = store;
        byte[] counters = store.get(Table.META, COUNTERS_KEY);
        if (counters != null) {
            ByteBuffer in = ByteBuffer.wrap(counters);
            byte version = in.get();
            if (version != COUNTERS_VERSION) {
                throw new IllegalStateException(
                        "timer counters of version " + version + ", this version reads " + COUNTERS_VERSION);
            }
            nextSequence = in.getLong();
            pendingCount = in.getLong();
        }
        store.scan(Table.TIMER, Place.FIRST.toBytes(), Place.END.toBytes(), (key, value) -> {
            floor = Place.decode(key);
            return false;
        });
    }

    /** Reads every row. Fails: {@link RuntimeException} where one cannot be what {@link #schedule} has written. */
    public static void check(Store store) {
        TimerTable table = new TimerTable();
        table.load(store);
        long[] count = {0};
        store.scan(Table.TIMER, Place.FIRST.toBytes(), Place.END.toBytes(), (key, value) -> {
            count[0]++;
            TimerRow row = TimerRow.decode(value);
            if (!RecordBatch.at(row.batch(), 0).checksumValid()) {
                throw new IllegalStateException(
                        "the record due at " + Place.decode(key).dueMs() + " is damaged");
            }
            return true;
        });
        if (count[0] != table.pendingCount) {
            throw new IllegalStateException(count[0] + " timers where " + table.pendingCount + " were counted");
        }
    }

    /** The commit of the batch before is in the store. */
    public void beginBatch() {
        changed.clear();
        changedKeys.clear();
    }

    /** Why this timer cannot be scheduled, or null. */
    public Refusal problemWith(NewTimer timer, Stamp stamp, long pendingAfter, long pendingMax) {
        if ((timer.atMs() < 0) == (timer.delayMs() < 0) || timer.atMs() < -1 || timer.delayMs() < -1) {
            return Refusal.of(
                    Fault.INVALID_REQUEST,
                    "a timer is due at %d ms after %d ms; one of them must be given and the other -1",
                    timer.atMs(),
                    timer.delayMs());
        }
        if (timer.delayMs() > DELAY_MS_MAX || timer.atMs() - stamp.nowMs() > DELAY_MS_MAX) {
            String when = timer.delayMs() >= 0
                    ? timer.delayMs() / 86_400_000 + " days from now"
                    : "at " + when(timer.atMs()) + ", and it is " + when(stamp.nowMs());
            return Refusal.of(Fault.INVALID_REQUEST, "a timer is due %s; at most 10 years from now are allowed", when);
        }
        if (pendingAfter > pendingMax) {
            return Refusal.of(
                    Fault.LIMIT_REACHED, "%d timers are pending and timers.pendingMax is %d", pendingCount, pendingMax);
        }
        return null;
    }

    private static String when(long ms) {
        try {
            return Instant.ofEpochMilli(ms).toString();
        } catch (java.time.DateTimeException beyond) {
            return ms + " ms";
        }
    }

    /** Stores a timer that {@link #problemWith} found nothing against, in the place of one with the same key. */
    public OperationResult.Scheduled schedule(NewTimer timer, Stamp stamp, WriteSink sink) {
        long dueMs = timer.atMs() >= 0 ? timer.atMs() : stamp.believedMs() + timer.delayMs();
        Place place = new Place(dueMs, nextSequence++);
        boolean replaced = timer.key() != null && remove(findByKey(timer.topicId(), timer.key()), sink);
        TimerRow row = new TimerRow(timer.topicId(), timer.partition(), timer.key(), timer.batch());
        changed.put(place, row);
        sink.put(Table.TIMER, place.toBytes(), row.encode());
        if (timer.key() != null) {
            changedKeys.put(new TopicKey(timer.topicId(), timer.key()), place);
            sink.put(Table.TIMER_KEY, TimerRow.keyOf(timer.topicId(), timer.key()), place.toBytes());
        }
        floor = floor.compareTo(place) < 0 ? floor : place;
        count(1);
        return new OperationResult.Scheduled(dueMs, place.sequence(), replaced);
    }

    /** Takes a timer back; false where it is not pending. */
    public boolean cancel(TimerRef timer, WriteSink sink) {
        if (timer.key() != null) {
            Place place = findByKey(timer.topicId(), timer.key());
            if (!remove(place, sink)) {
                return false;
            }
            forgetKey(timer.topicId(), timer.key(), sink);
            return true;
        }
        Place place = new Place(timer.dueMs(), timer.sequence());
        TimerRow row = find(place);
        if (row == null || !row.topicId().equals(timer.topicId())) {
            return false;
        }
        if (row.key() != null) {
            forgetKey(row.topicId(), row.key(), sink);
        }
        return remove(place, sink);
    }

    private Place findByKey(UUID topicId, String key) {
        TopicKey name = new TopicKey(topicId, key);
        if (changedKeys.containsKey(name)) {
            return changedKeys.get(name);
        }
        byte[] place = store.get(Table.TIMER_KEY, TimerRow.keyOf(topicId, key));
        return place == null ? null : Place.decode(place);
    }

    private TimerRow find(Place place) {
        if (changed.containsKey(place)) {
            return changed.get(place);
        }
        byte[] row = store.get(Table.TIMER, place.toBytes());
        return row == null ? null : TimerRow.decode(row);
    }

    private boolean remove(Place place, WriteSink sink) {
        if (place == null) {
            return false;
        }
        changed.put(place, null);
        sink.delete(Table.TIMER, place.toBytes());
        count(-1);
        return true;
    }

    private void forgetKey(UUID topicId, String key, WriteSink sink) {
        changedKeys.put(new TopicKey(topicId, key), null);
        sink.delete(Table.TIMER_KEY, TimerRow.keyOf(topicId, key));
    }

    private void count(int more) {
        pendingCount += more;
        countersChanged = true;
    }

    /** Removes and answers the timers that are due, in due order: at least one where there is one. */
    public List<Due> takeDue(long dueMs, int countMax, int bytesMax, WriteSink sink) {
        List<Due> due = new ArrayList<>();
        List<Place> places = new ArrayList<>();
        long[] bytes = {0};
        Place[] next = {Place.END};
        visit(floor, (place, row) -> {
            boolean full = due.size() >= countMax || (!due.isEmpty() && bytes[0] + row.bytes() > bytesMax);
            if (full || place.dueMs() > dueMs) {
                next[0] = place;
                return false;
            }
            due.add(new Due(place.dueMs(), row.topicId(), row.partition(), row.batch()));
            places.add(place);
            bytes[0] += row.bytes();
            if (row.key() != null) {
                forgetKey(row.topicId(), row.key(), sink);
            }
            return true;
        });
        places.forEach(place -> remove(place, sink));
        floor = next[0];
        return due;
    }

    private interface Visitor {
        boolean visit(Place place, TimerRow row);
    }

    /** All timers from a place on, in order: those of the store, with what this batch changed. */
    private void visit(Place from, Visitor visitor) {
        TreeMap<Place, TimerRow> fresh = new TreeMap<>(changed.tailMap(from, true));
        boolean[] goOn = {true};
        store.scan(Table.TIMER, from.toBytes(), Place.END.toBytes(), (key, value) -> {
            Place place = Place.decode(key);
            while (goOn[0] && !fresh.isEmpty() && fresh.firstKey().compareTo(place) < 0) {
                goOn[0] = visitFirst(fresh, visitor);
            }
            if (goOn[0] && !changed.containsKey(place)) {
                goOn[0] = visitor.visit(place, TimerRow.decode(value));
            }
            return goOn[0];
        });
        while (goOn[0] && !fresh.isEmpty()) {
            goOn[0] = visitFirst(fresh, visitor);
        }
    }

    private static boolean visitFirst(TreeMap<Place, TimerRow> fresh, Visitor visitor) {
        Map.Entry<Place, TimerRow> first = fresh.pollFirstEntry();
        return first.getValue() == null || visitor.visit(first.getKey(), first.getValue());
    }

    /** Pending timers in due order from a place on, of one topic or, with null, of all. */
    public Listed list(UUID topicId, Place from, int countMax) {
        List<Pending> listed = new ArrayList<>();
        Place[] next = {null};
        int[] seen = {0};
        visit(from, (place, row) -> {
            if (listed.size() >= countMax || ++seen[0] > SCANNED_COUNT_MAX) {
                next[0] = place;
                return false;
            }
            if (topicId == null || topicId.equals(row.topicId())) {
                listed.add(new Pending(
                        row.topicId(), row.partition(), place.dueMs(), place.sequence(), row.key(), row.bytes()));
            }
            return true;
        });
        return new Listed(listed, next[0]);
    }

    /** Writes the counters where they changed. */
    public void endBatch(WriteSink sink) {
        if (countersChanged) {
            countersChanged = false;
            sink.put(
                    Table.META,
                    COUNTERS_KEY,
                    ByteBuffer.allocate(17)
                            .put(COUNTERS_VERSION)
                            .putLong(nextSequence)
                            .putLong(pendingCount)
                            .array());
        }
    }

    /** No timer is due before this; {@link Long#MAX_VALUE} where none is pending. */
    public long nextDueMs() {
        return floor.dueMs();
    }

    /** Thread: any. */
    public long pendingCount() {
        return pendingCount;
    }
}
