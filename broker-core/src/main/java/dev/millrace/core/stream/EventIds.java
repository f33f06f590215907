package dev.millrace.core.stream;

import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.util.ArrayList;
import java.util.List;

/**
 * The ids of events that were appended lately, so that one that comes again is recognised. Exact inside the window, across
 * crashes: the ids of a commit are written with its events, in one row. They lie in epochs, which are dropped as a whole; what
 * is in memory only tells quickly that an id is new. Thread: shard.
 */
final class EventIds {
    private static final int CAPACITY_MIN = IdLocator.PAGE_SLOTS;
    /** What one commit stores at least of an epoch's slots that are to be stored. */
    private static final int SEALED_SLOTS_MIN = 8_192;
    /** With twice as many slots as ids, an epoch is sealed long before the next is full. */
    private static final int SEALED_SLOTS_PER_ID = 4;
    /** An epoch spans this part of the window at most, so that not much more than the window is kept. */
    private static final int EPOCHS_PER_WINDOW = 4;

    private static final long RETRY_MS = 1_000;

    private final Store store;
    private final IdLimits limits;
    /** Oldest first; the last one is being filled. */
    private final List<IdEpoch> epochs = new ArrayList<>();

    private boolean loaded;
    private StoreException unreadable;
    private long triedMs;
    private long filterBytes;
    private long dueMs;

    /**
     * An event that was appended before.
     *
     * @param believedMs when it was appended, by what the broker believes of its clock
     * @param fingerprint of what it said
     */
    record Known(long appendMs, long believedMs, long offset, long version, long streamId, long fingerprint) {}

    EventIds(Store store, IdLimits limits) {
        this.store = store;
        this.limits = limits;
    }

    void beginBatch(long nextDueMs) {
        dueMs = nextDueMs;
    }

    /** For each event the one with its id that was appended inside the window, by the time that is believed; or null. */
    Known[] find(int partitionId, List<Event> events, long windowMs) {
        load();
        Known[] found = new Known[events.size()];
        for (int i = epochs.size() - 1; i >= 0; i--) {
            IdEpoch epoch = epochs.get(i);
            if (epoch.count() > 0 && epoch.newestMs() > dueMs - windowMs) {
                epoch.find(partitionId, events, found);
            }
        }
        for (int i = 0; i < found.length; i++) {
            if (found[i] != null && found[i].believedMs <= dueMs - windowMs) {
                found[i] = null;
            }
        }
        return found;
    }

    /** Remembers an event whose id was looked for in this commit. */
    void add(Event event, long offset, long streamId, long nowMs) {
        current().add(event, offset, streamId, nowMs, dueMs);
        if (current().count() >= limits.epochIdsMax()) {
            roll();
        }
    }

    private IdEpoch current() {
        return epochs.get(epochs.size() - 1);
    }

    private void roll() {
        IdEpoch full = current();
        epochs.add(new IdEpoch(store, full.number + 1, full.capacity()));
    }

    /** Writes the ids of the commit, and some of what lets epochs go without their locators. */
    void endBatch(WriteSink sink) {
        int added = 0;
        for (IdEpoch epoch : epochs) {
            added += epoch.endBatch(sink);
        }
        for (int i = 0; i < epochs.size() - 1; i++) {
            IdEpoch epoch = epochs.get(i);
            if (!epoch.isSealed()) {
                epoch.seal(Math.max(SEALED_SLOTS_MIN, added * SEALED_SLOTS_PER_ID), sink);
                if (epoch.isSealed()) {
                    filterBytes += epoch.filterBytes();
                    boundFilters();
                }
                return;
            }
        }
    }

    private void boundFilters() {
        for (IdEpoch epoch : epochs) {
            if (filterBytes <= limits.filterBytesMax()) {
                return;
            }
            if (epoch.isSealed() && epoch.hasFilter()) {
                filterBytes -= epoch.filterBytes();
                epoch.dropFilter();
            }
        }
    }

    /** Drops the epochs that no window reaches any more; where they cannot be read, they stay until they can. */
    void expire(long longestWindowMs, WriteSink sink) {
        try {
            load();
        } catch (StoreException damaged) {
            return;
        }
        while (epochs.get(0).isSealed() && epochs.get(0).newestMs() <= dueMs - longestWindowMs) {
            IdEpoch old = epochs.remove(0);
            filterBytes -= old.hasFilter() ? old.filterBytes() : 0;
            sink.deleteRange(Table.EVENT_ID, IdEpoch.startOf(0), IdEpoch.startOf(old.number + 1));
        }
        if (current().count() > 0 && current().oldestMs() <= dueMs - longestWindowMs / EPOCHS_PER_WINDOW) {
            roll();
        }
    }

    // ---- after a start

    /** Reads the epochs, once. Fails: StoreException where a row cannot be read; it is tried again, but not all the time. */
    void load() {
        if (loaded) {
            return;
        }
        if (unreadable != null && dueMs - triedMs < RETRY_MS) {
            throw unreadable;
        }
        epochs.clear();
        filterBytes = 0;
        try {
            loadEpochs();
        } catch (StoreException damaged) {
            unreadable = damaged;
            triedMs = dueMs;
            throw damaged;
        }
        unreadable = null;
        loaded = true;
    }

    private void loadEpochs() {
        int[] next = {0};
        while (next[0] >= 0) {
            int from = next[0];
            next[0] = -1;
            store.scan(Table.EVENT_ID, IdEpoch.startOf(from), StreamRows.AFTER_ALL, (key, row) -> {
                next[0] = IdEpoch.epochOf(key);
                return false;
            });
            if (next[0] >= 0) {
                epochs.add(IdEpoch.load(store, next[0]++, CAPACITY_MIN));
            }
        }
        if (epochs.isEmpty() || current().isSealed()) {
            int number = epochs.isEmpty() ? 0 : current().number + 1;
            epochs.add(new IdEpoch(store, number, CAPACITY_MIN));
        }
        for (int i = epochs.size() - 1; i >= 0; i--) {
            IdEpoch epoch = epochs.get(i);
            if (epoch.isSealed() && filterBytes + epoch.filterBytes() <= limits.filterBytesMax()) {
                epoch.loadFilter();
                filterBytes += epoch.filterBytes();
            }
        }
    }
}
