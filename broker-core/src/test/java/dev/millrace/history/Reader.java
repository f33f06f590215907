package dev.millrace.history;

import java.util.HashMap;
import java.util.Map;

/** What one consumer was given: within an assignment, each offset once and none left out. Thread: any. */
public final class Reader {
    private static final long UNKNOWN = -1;

    private final History history;
    private final String name;
    private final Map<Integer, Long> next = new HashMap<>();
    private final Map<Integer, Long> firstAtLeast = new HashMap<>();
    private final Map<Integer, String> groups = new HashMap<>();
    private long recordCount;

    Reader(History history, String name) {
        this.history = history;
        this.name = name;
    }

    /** The reader goes on at {@code offset}: it was told to, or asked for it. */
    public void assigned(int log, long offset) {
        synchronized (history) {
            next.put(log, offset);
            groups.remove(log);
        }
    }

    /** A group gave the partition to the reader; its first record must be where the group's commits are. */
    public void assignedBy(String group, int log) {
        synchronized (history) {
            next.put(log, UNKNOWN);
            groups.put(log, group);
            firstAtLeast.put(log, history.commits(group, log).highestAccepted());
        }
    }

    /** The partition went to somebody else. */
    public void revoked(int log) {
        synchronized (history) {
            next.remove(log);
        }
    }

    /** Number of records read. */
    public long recordCount() {
        synchronized (history) {
            return recordCount;
        }
    }

    /** A record was delivered. */
    public void read(int log, long offset, byte[] key, byte[] value) {
        synchronized (history) {
            recordCount++;
            checkPlace(log, offset);
            next.put(log, offset + 1);
            history.wasRead(name, log, offset, key, value);
        }
    }

    private void checkPlace(int log, long offset) {
        Long expected = next.get(log);
        if (expected == null) {
            history.collector()
                    .add(Property.CONTIGUOUS_READS, "%s was given %d/%d without owning it", name, log, offset);
        } else if (expected == UNKNOWN) {
            checkFirst(log, offset);
        } else if (offset != expected
                && !(offset > expected && offset <= history.log(log).startAllowed())) {
            history.collector()
                    .add(Property.CONTIGUOUS_READS, "%s was given %d/%d after %d", name, log, offset, expected - 1);
        }
    }

    private void checkFirst(int log, long offset) {
        Commits commits = history.commits(groups.get(log), log);
        long start = history.log(log).startAllowed();
        if (offset < firstAtLeast.get(log)) {
            history.collector()
                    .add(
                            Property.DURABLE_COMMIT,
                            "%s starts at %d/%d although %d was committed",
                            name,
                            log,
                            offset,
                            firstAtLeast.get(log));
        }
        if (offset > Math.max(commits.highestAttempted(), start)) {
            history.collector()
                    .add(
                            Property.CONTIGUOUS_READS,
                            "%s starts at %d/%d, which nobody committed: the highest attempt was %d",
                            name,
                            log,
                            offset,
                            commits.highestAttempted());
        }
    }
}
