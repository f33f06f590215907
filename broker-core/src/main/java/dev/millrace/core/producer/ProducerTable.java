package dev.millrace.core.producer;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.Refusal;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What each producer appended last to each partition, so that a batch sent twice is appended once. Thread: shard.
 *
 * <p>Rows in PRODUCER: {@code partition u32, producer id u64} → see {@link ProducerState}; in META {@code 'P'} → the next
 * producer id. Each row is written once a commit, however many batches the commit holds.
 */
public final class ProducerTable {
    private static final byte[] NEXT_ID_KEY = {'P'};

    private static final int STATES_MAX = 1_000_000;

    private final int statesMax;
    /** By partition and producer. */
    private final Map<Integer, OfPartition> states = new HashMap<>();

    private final List<ProducerState> changed = new ArrayList<>();
    private int count;
    private long nextProducerId;
    private volatile long duplicateCount;

    public ProducerTable() {
        this(STATES_MAX);
    }

    /** @param statesMax with more than this, {@link #expire} forgets those that were silent for longest */
    ProducerTable(int statesMax) {
        this.statesMax = statesMax;
    }

    /** The verdict over a batch before it is appended. */
    public sealed interface Verdict {
        record Append() implements Verdict {}

        /** It was appended before, at this offset. */
        record Duplicate(long baseOffset, long appendTimeMs) implements Verdict {}

        record Refused(Refusal refusal) implements Verdict {}
    }

    private static final Verdict APPEND = new Verdict.Append();

    public void load(Store store) {
        byte[] next = store.get(Table.META, NEXT_ID_KEY);
        nextProducerId = next == null ? 1 : ByteBuffer.wrap(next).getLong();
        store.scan(
                Table.PRODUCER,
                new byte[0],
                new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
                (key, value) -> {
                    ByteBuffer in = ByteBuffer.wrap(key);
                    put(in.getInt(), in.getLong(), ProducerState.decode(key, value));
                    return true;
                });
    }

    private ProducerState find(int partitionId, long producerId) {
        OfPartition ofPartition = states.get(partitionId);
        return ofPartition == null ? null : ofPartition.find(producerId);
    }

    /** The producers of one partition: mostly one, so the last one asked for is at hand. */
    private static final class OfPartition {
        private final Map<Long, ProducerState> all = new HashMap<>(2);
        private long lastId;
        private ProducerState last;

        ProducerState find(long producerId) {
            if (last == null || lastId != producerId) {
                last = all.get(producerId);
                lastId = producerId;
            }
            return last;
        }

        ProducerState put(long producerId, ProducerState state) {
            last = null;
            return all.put(producerId, state);
        }

        void removeIf(Predicate<ProducerState> unwanted) {
            last = null;
            all.values().removeIf(unwanted);
        }
    }

    private void put(int partitionId, long producerId, ProducerState state) {
        ProducerState before =
                states.computeIfAbsent(partitionId, id -> new OfPartition()).put(producerId, state);
        if (before == null) {
            count++;
        } else {
            before.takeChanged();
        }
    }

    private static byte[] key(int partitionId, long producerId) {
        return ByteBuffer.allocate(12).putInt(partitionId).putLong(producerId).array();
    }

    /** A fresh id; its epoch is 0. */
    public long allocate(WriteSink sink) {
        long id = nextProducerId++;
        sink.put(
                Table.META,
                NEXT_ID_KEY,
                ByteBuffer.allocate(8).putLong(nextProducerId).array());
        return id;
    }

    /** Whether this id was ever given out. */
    public boolean wasGiven(long producerId) {
        return producerId >= 0 && producerId < nextProducerId;
    }

    /** Says whether a batch continues its producer's sequence, repeats one of the last batches, or neither. */
    public Verdict check(int partitionId, long producerId, short epoch, int baseSequence, int recordCount) {
        ProducerState state = find(partitionId, producerId);
        if (state == null) {
            return checkUnknown(producerId, baseSequence);
        }
        if (epoch < state.epoch()) {
            return refused(
                    Fault.FENCED_PRODUCER,
                    "producer %d has epoch %d, the batch epoch %d",
                    producerId,
                    state.epoch(),
                    epoch);
        }
        if (epoch > state.epoch()) {
            return baseSequence == 0 ? APPEND : outOfOrder(producerId, 0, baseSequence);
        }
        if (baseSequence == state.nextSequence()) {
            return APPEND;
        }
        ProducerState.Appended earlier = state.find(baseSequence, recordCount);
        if (earlier == null) {
            return outOfOrder(producerId, state.nextSequence(), baseSequence);
        }
        duplicateCount++;
        return new Verdict.Duplicate(earlier.baseOffset(), earlier.appendTimeMs());
    }

    private Verdict checkUnknown(long producerId, int baseSequence) {
        if (!wasGiven(producerId)) {
            return refused(Fault.UNKNOWN_PRODUCER, "producer id %d was never given out", producerId);
        }
        return baseSequence == 0
                ? APPEND
                : refused(
                        Fault.UNKNOWN_PRODUCER,
                        "producer %d has no state in this partition, its batch starts at sequence %d",
                        producerId,
                        baseSequence);
    }

    private static Verdict outOfOrder(long producerId, int expected, int actual) {
        return refused(
                Fault.OUT_OF_ORDER_SEQUENCE,
                "producer %d must go on with sequence %d, the batch starts at %d",
                producerId,
                expected,
                actual);
    }

    private static Verdict refused(Fault fault, String format, Object... values) {
        return new Verdict.Refused(Refusal.of(fault, format, values));
    }

    /** Remembers an appended batch. */
    public void appended(
            int partitionId, long producerId, short epoch, int baseSequence, ProducerState.Appended appended) {
        ProducerState state = find(partitionId, producerId);
        if (state == null || state.epoch() != epoch) {
            state = new ProducerState(key(partitionId, producerId), epoch);
            put(partitionId, producerId, state);
        }
        if (state.add(baseSequence, appended)) {
            changed.add(state);
        }
    }

    /** Writes the rows of producers that appended since the last call. */
    public void endBatch(WriteSink sink) {
        for (ProducerState state : changed) {
            if (state.takeChanged()) {
                sink.put(Table.PRODUCER, state.key(), state.encode());
            }
        }
        changed.clear();
    }

    /**
     * Forgets producers that were silent since before {@code oldestMs}, and those silent for longest where there are too
     * many: every short run of a publisher leaves one. Returns how many.
     */
    public int expire(long oldestMs, WriteSink sink) {
        int expired = expireSilent(oldestMs, sink);
        if (count > statesMax) {
            long[] lastMs = states.values().stream()
                    .flatMap(ofPartition -> ofPartition.all.values().stream())
                    .mapToLong(ProducerState::lastAppendMs)
                    .sorted()
                    .toArray();
            expired += expireSilent(lastMs[lastMs.length - statesMax], sink);
        }
        return expired;
    }

    private int expireSilent(long oldestMs, WriteSink sink) {
        int before = count;
        for (OfPartition ofPartition : states.values()) {
            ofPartition.removeIf(state -> state.lastAppendMs() < oldestMs && forget(state, sink));
        }
        states.values().removeIf(ofPartition -> ofPartition.all.isEmpty());
        return before - count;
    }

    private boolean forget(ProducerState state, WriteSink sink) {
        state.takeChanged();
        sink.delete(Table.PRODUCER, state.key());
        count--;
        return true;
    }

    /** Forgets all producers of a partition that is deleted. */
    public void dropPartition(int partitionId, WriteSink sink) {
        OfPartition gone = states.remove(partitionId);
        if (gone != null) {
            gone.all.values().forEach(state -> forget(state, sink));
        }
    }

    /** Batches that were recognised as appended before, since start. */
    public long duplicateCount() {
        return duplicateCount;
    }
}
