package dev.millrace.core.stream;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import dev.millrace.core.stream.EventIds.Known;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The ids of some time, of all partitions. It lets go of its locator when that is stored, and keeps a filter:
 *
 * <pre>
 *  filling ──full──▶ sealing ──all pages, filter and mark stored──▶ sealed
 *  └── locator in memory, found again from the runs ──┘              └ filter in memory, locator on the disk
 * </pre>
 *
 * Rows in EVENT_ID: {@code epoch u32, kind u8, number u32}; see {@link IdRun} for those of runs. Thread: shard.
 */
final class IdEpoch {
    private static final byte MARK = 0;
    private static final byte FILTER = 1;
    private static final byte PAGE = 2;
    private static final byte RUN = 3;
    private static final byte MARK_VERSION = 1;
    private static final int KEY_BYTES = 9;

    final int number;
    private final Store store;
    private final int capacityMin;
    private IdLocator locator;
    private IdFilter filter;
    private int filterBytes;
    private int capacity;
    private int count;
    private long seed;
    private long oldestMs = Long.MAX_VALUE;
    private long newestMs = Long.MIN_VALUE;
    /** Of the present commit: not in the store yet. */
    private IdRun pending;
    /** The run that was looked into last: events that come again come together. */
    private IdRun held;
    /** How many slots are stored; for sealing. */
    private int sealedSlots;

    private long[] hashes = new long[1];
    /** Written so that what was read ahead counts as used. */
    private long readAhead;

    IdEpoch(Store store, int number, int capacityMin) {
        this.store = store;
        this.number = number;
        this.capacityMin = capacityMin;
    }

    static byte[] startOf(int epoch) {
        return key(epoch, MARK, 0);
    }

    private static byte[] key(int epoch, byte kind, int number) {
        return ByteBuffer.allocate(KEY_BYTES)
                .putInt(epoch)
                .put(kind)
                .putInt(number)
                .array();
    }

    static int epochOf(byte[] key) {
        return ByteBuffer.wrap(key).getInt();
    }

    int count() {
        return count;
    }

    /** What the table of slots takes, or will take. */
    int capacity() {
        return locator == null ? Math.max(capacity, capacityMin) : locator.capacity();
    }

    boolean isSealed() {
        return count > 0 && locator == null;
    }

    long newestMs() {
        return newestMs;
    }

    long oldestMs() {
        return oldestMs;
    }

    int filterBytes() {
        return filterBytes;
    }

    boolean hasFilter() {
        return filter != null;
    }

    // ---- looking up

    /**
     * Looks for the ids of events that were not found in newer epochs. Where the answers lie in memory is read for all of them
     * first: the places are far apart, and waiting for one after the other was three tenths of the shard's own time for an
     * append, that of the store not counted.
     */
    void find(int partitionId, List<Event> events, Known[] found) {
        if (hashes.length < found.length) {
            hashes = new long[found.length];
        }
        long read = 0;
        for (int i = 0; i < found.length; i++) {
            Event event = events.get(i);
            hashes[i] = hash(partitionId, event.idHigh, event.idLow);
            read ^= locator != null ? locator.firstSlot(hashes[i]) : filter != null ? filter.firstWord(hashes[i]) : 0;
        }
        readAhead = read;
        for (int i = 0; i < found.length; i++) {
            Event event = events.get(i);
            if (event.hasId && found[i] == null && mayHold(hashes[i])) {
                found[i] = find(partitionId, event, hashes[i]);
            }
        }
    }

    private boolean mayHold(long hash) {
        return locator != null ? !locator.lacks(hash) : filter == null || filter.mayHold(IdLocator.kept(hash));
    }

    private Known find(int partitionId, Event event, long hash) {
        int[] numbers = IdLocator.numbers(locator == null ? new StoredSlots() : locator.inMemory(), hash);
        for (int i = numbers.length - 1; i >= 0; i--) {
            Known known = runOf(numbers[i]).find(numbers[i], partitionId, event.idHigh, event.idLow);
            if (known != null) {
                return known;
            }
        }
        return null;
    }

    private long hash(int partitionId, long idHigh, long idLow) {
        return mixed(mixed(idHigh ^ seed) + mixed(idLow + partitionId * 0x9e3779b97f4a7c15L));
    }

    private static long mixed(long bits) {
        long mixed = (bits ^ bits >>> 32) * 0xd6e8feb86659fd93L;
        mixed = (mixed ^ mixed >>> 32) * 0xd6e8feb86659fd93L;
        return mixed ^ mixed >>> 32;
    }

    private IdRun runOf(int idNumber) {
        if (pending != null && idNumber >= pending.firstNumber) {
            return pending;
        }
        if (held == null || idNumber < held.firstNumber || idNumber >= held.firstNumber + held.count()) {
            held = null;
            store.scanBackward(Table.EVENT_ID, key(number, RUN, 0), key(number, RUN, idNumber + 1), (key, row) -> {
                held = IdRun.stored(ByteBuffer.wrap(key).getInt(5), row);
                return false;
            });
            if (held == null || idNumber >= held.firstNumber + held.count()) {
                held = null;
                throw missing("the run of id " + idNumber);
            }
        }
        return held;
    }

    private StoreException missing(String what) {
        return new StoreException(
                StoreException.Kind.DAMAGED, what + " of epoch " + number + " of event ids is not there");
    }

    /** The locator on the disk, a page at a time. */
    private final class StoredSlots implements IdLocator.Slots {
        private int pageNumber = -1;
        private ByteBuffer page;

        @Override
        public int capacity() {
            return capacity;
        }

        @Override
        public long at(int index) {
            int wanted = index / IdLocator.PAGE_SLOTS;
            if (wanted != pageNumber) {
                byte[] row = store.get(Table.EVENT_ID, key(number, PAGE, wanted));
                if (row == null) {
                    throw missing("page " + wanted);
                }
                page = ByteBuffer.wrap(row);
                pageNumber = wanted;
            }
            return page.getLong(index % IdLocator.PAGE_SLOTS * Long.BYTES);
        }
    }

    // ---- adding

    void add(Event event, long offset, long streamId, long appendMs, long believedMs) {
        if (count == 0) {
            // Whoever wants ids to collide would have to know the epoch's first one.
            seed = seedOf(event.idHigh, event.idLow, appendMs);
        }
        if (locator == null) {
            locator = new IdLocator(capacityMin);
        }
        if (pending == null) {
            pending = IdRun.begin(count, appendMs, believedMs);
        }
        locator.add(hash(event.stream.partitionId(), event.idHigh, event.idLow), count);
        pending.add(event, offset, streamId);
        count++;
        covers(believedMs);
    }

    private static long seedOf(long idHigh, long idLow, long appendMs) {
        return mixed(idHigh + mixed(idLow ^ appendMs));
    }

    private void covers(long believedMs) {
        oldestMs = Math.min(oldestMs, believedMs);
        newestMs = Math.max(newestMs, believedMs);
    }

    /** Writes what the commit added; answers how many ids that were. */
    int endBatch(WriteSink sink) {
        if (pending == null) {
            return 0;
        }
        sink.put(Table.EVENT_ID, key(number, RUN, pending.firstNumber), pending.row());
        int added = pending.count();
        pending = null;
        return added;
    }

    // ---- sealing

    /** Stores some more slots, and with the last of them all that is needed to do without the locator. */
    void seal(int slotCount, WriteSink sink) {
        if (filter == null) {
            filter = IdFilter.forIds(count);
        }
        int to = (int) Math.min(locator.capacity(), (long) sealedSlots + slotCount);
        while (sealedSlots < to) {
            ByteBuffer page = ByteBuffer.allocate(IdLocator.PAGE_SLOTS * Long.BYTES);
            int pageNumber = sealedSlots / IdLocator.PAGE_SLOTS;
            for (int i = 0; i < IdLocator.PAGE_SLOTS; i++) {
                long slot = locator.at(sealedSlots++);
                page.putLong(slot);
                if (!IdLocator.isEmpty(slot)) {
                    filter.add(IdLocator.kept(slot));
                }
            }
            sink.put(Table.EVENT_ID, key(number, PAGE, pageNumber), page.array());
        }
        if (sealedSlots == locator.capacity()) {
            finish(sink);
        }
    }

    private void finish(WriteSink sink) {
        for (int piece = 0; piece < filter.pieceCount(); piece++) {
            sink.put(Table.EVENT_ID, key(number, FILTER, piece), filter.piece(piece));
        }
        capacity = locator.capacity();
        filterBytes = filter.bytes();
        locator = null;
        held = null;
        sink.put(
                Table.EVENT_ID,
                startOf(number),
                ByteBuffer.allocate(37)
                        .put(MARK_VERSION)
                        .putInt(count)
                        .putInt(capacity)
                        .putInt(filterBytes)
                        .putLong(seed)
                        .putLong(oldestMs)
                        .putLong(newestMs)
                        .array());
    }

    /** From now on what is not there costs a read, too. */
    void dropFilter() {
        filter = null;
    }

    // ---- after a start

    /** Fails: StoreException where a row cannot be read. */
    static IdEpoch load(Store store, int number, int capacityMin) {
        IdEpoch epoch = new IdEpoch(store, number, capacityMin);
        byte[] mark = store.get(Table.EVENT_ID, startOf(number));
        if (mark == null) {
            epoch.loadRuns();
        } else {
            epoch.loadMark(ByteBuffer.wrap(mark));
        }
        return epoch;
    }

    private void loadMark(ByteBuffer mark) {
        byte version = mark.get();
        if (version != MARK_VERSION) {
            throw new IllegalStateException("the mark of an epoch of event ids has version " + version
                    + ", this version reads " + MARK_VERSION);
        }
        count = mark.getInt();
        capacity = mark.getInt();
        filterBytes = mark.getInt();
        seed = mark.getLong();
        oldestMs = mark.getLong();
        newestMs = mark.getLong();
    }

    private void loadRuns() {
        locator = new IdLocator(capacityMin);
        store.scan(Table.EVENT_ID, key(number, RUN, 0), startOf(number + 1), (key, row) -> {
            IdRun run = IdRun.stored(ByteBuffer.wrap(key).getInt(5), row);
            if (run.firstNumber != count) {
                throw missing("the run of id " + count);
            }
            run.visit((partitionId, idHigh, idLow) -> {
                if (count == 0) {
                    seed = seedOf(idHigh, idLow, ByteBuffer.wrap(row).getLong());
                }
                locator.add(hash(partitionId, idHigh, idLow), count++);
            });
            covers(run.believedMs());
            return true;
        });
    }

    void loadFilter() {
        IdFilter loaded = IdFilter.ofBytes(filterBytes);
        for (int piece = 0; piece < loaded.pieceCount(); piece++) {
            byte[] row = store.get(Table.EVENT_ID, key(number, FILTER, piece));
            if (row == null) {
                throw missing("piece " + piece + " of the filter");
            }
            loaded.setPiece(piece, row);
        }
        filter = loaded;
    }
}
