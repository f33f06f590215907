package dev.millrace.core;

import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.record.Record;
import dev.millrace.core.stream.StreamReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills a page with the last events of streams. Places are gathered first, in the order of the keys, and their events
 * fetched together in the order in which they lie: one event after the other would read its whole chunk (448 KiB) for each.
 *
 * <p>How many are gathered follows from the size of those before, so that a page of large events does not fetch many more
 * than it holds, and of those that are larger than that fewer are fetched at once. Thread: one.
 */
final class LatestEvents {
    /** While the size of events is not known: few, because each may have the largest size that there is. */
    private static final int FIRST_GATHERED = 8;

    private static final int GATHERED_MAX = 2048;
    /** Where events are larger than those before them: fewer are fetched at once then. */
    private static final long FETCHED_BYTES_MAX = 4 << 20;

    private final StreamReader reader;
    private final PartitionLog log;
    private final PageBudget budget;
    private final List<byte[]> keys = new ArrayList<>();
    private final List<Long> offsets = new ArrayList<>();
    private final List<Record> events = new ArrayList<>();
    private int gatheredMax;
    private int found;

    LatestEvents(StreamReader reader, PartitionLog log, PageBudget budget) {
        this.reader = reader;
        this.log = log;
        this.budget = budget;
        this.gatheredMax = budget.countToFill(0, FIRST_GATHERED);
    }

    /** @param offset of the stream's last event, -1 for none; false where the page is full */
    boolean add(byte[] key, long offset) {
        keys.add(key);
        offsets.add(offset);
        found += offset < 0 ? 0 : 1;
        if (found >= gatheredMax || keys.size() >= GATHERED_MAX) {
            fetch();
        }
        return !budget.isSpent();
    }

    /** Takes what was gathered, as far as the page holds it. */
    void fetch() {
        int count = keys.size();
        while (!keys.isEmpty() && !budget.isSpent()) {
            count = Math.min(count, keys.size());
            List<Record> fetched = reader.events(log, offsetsOfFirst(count), FETCHED_BYTES_MAX);
            if (fetched == null) {
                count = Math.max(1, count / 2);
            } else {
                take(count, fetched);
            }
        }
        keys.clear();
        offsets.clear();
        found = 0;
        gatheredMax = Math.min(GATHERED_MAX, budget.countToFill(events.size(), FIRST_GATHERED));
    }

    private long[] offsetsOfFirst(int count) {
        return offsets.subList(0, count).stream()
                .filter(offset -> offset >= 0)
                .mapToLong(Long::longValue)
                .toArray();
    }

    private void take(int count, List<Record> fetched) {
        int next = 0;
        for (int i = 0; i < count && !budget.isSpent(); i++) {
            Record event = offsets.get(i) < 0 ? null : fetched.get(next++);
            if (event != null) {
                events.add(event);
            }
            budget.spend(keys.get(i), event);
        }
        keys.subList(0, count).clear();
        offsets.subList(0, count).clear();
    }

    List<Record> events() {
        return events;
    }
}
